/** Keys, and the sessions that people begin with them. Neither holds a secret: only its SHA-256. */
export const access: readonly string[] = [
  `create table api_keys (
    key_id text collate "C" primary key,
    secret_hash text not null unique,
    name text not null,
    person text not null,
    role text not null check (role in ('viewer', 'agent', 'reviewer', 'approver', 'operator', 'admin')),
    created_by text not null,
    created_at timestamptz not null,
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    revoked_by text,
    check ((revoked_at is null) = (revoked_by is null))
  )`,
  `create table sessions (
    session_id text collate "C" primary key,
    token_hash text not null unique,
    key_id text collate "C" not null references api_keys (key_id),
    user_agent text not null,
    started_at timestamptz not null,
    last_seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
  )`,
  `create index sessions_by_key on sessions (key_id) where ended_at is null`,
  `create index sessions_by_expiry on sessions (expires_at)`,
];
