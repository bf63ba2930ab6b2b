/**
 * What a rollout leaves behind: all that a replay needs beside the journal, the acts that somebody looks at
 * afterwards, what is to be told to others, and what an approver reads.
 */
export const rolloutRecords: readonly string[] = [
  // What an epoch's evidence began with; frozen, since the week it was read from goes on changing.
  `create table rollout_epochs (
    rollout_id text not null references rollouts (rollout_id),
    epoch integer not null,
    began_at timestamptz not null,
    baseline jsonb not null,
    judge_identity text,
    with_interval boolean not null,
    primary key (rollout_id, epoch)
  )`,
  // What a look was shown beside its units: the rollout's generation, the window, the digests.
  `alter table rollout_looks add column inputs jsonb`,

  // Acts against a waiting gate or four eyes: somebody else looks at each afterwards.
  `create table rollout_overrides (
    rollout_id text not null references rollouts (rollout_id),
    generation bigint not null,
    agent text not null,
    about text not null check (about in ('break_glass', 'override')),
    actor text not null,
    reason text not null,
    at timestamptz not null,
    reviewed_by text,
    reviewed_at timestamptz,
    finding text check (finding in ('upheld', 'objected')),
    notes text,
    primary key (rollout_id, generation),
    check ((reviewed_by is null) = (finding is null) and (reviewed_by is null) = (reviewed_at is null))
  )`,
  `create index rollout_overrides_open on rollout_overrides (at) where finding is null`,

  // What an approver reads: what the bundle would have decided differently, and when a verdict can be expected.
  `alter table rollouts add column plan jsonb`,
  `alter table rollouts add column backtest jsonb`,

  // Who judged the quality, and what was decided, where labels say how good that was.
  `alter table outcomes add column judge text`,
  `alter table outcomes add column decision text`,

  // Where state changes are told, and what is still to be told there.
  `create table notification_endpoints (
    name text primary key,
    url text not null,
    secret text not null,
    created_by text not null,
    created_at timestamptz not null
  )`,
  `create table notifications (
    endpoint text not null references notification_endpoints (name) on delete cascade,
    message_id text not null,
    id bigint generated always as identity,
    event text not null,
    agent text,
    document jsonb not null,
    state text not null check (state in ('waiting', 'delivered', 'dead')),
    attempts integer not null default 0,
    next_attempt_at timestamptz not null,
    last_error text,
    created_at timestamptz not null,
    ended_at timestamptz,
    primary key (endpoint, message_id)
  )`,
  `create index notifications_due on notifications (next_attempt_at) where state = 'waiting'`,
  `create index notifications_by_id on notifications (id)`,
];
