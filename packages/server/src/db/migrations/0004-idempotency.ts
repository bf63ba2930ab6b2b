/**
 * What became of requests that came with an idempotency key, for a day. A row is held by the process that
 * carries the request out, until `held_until` unless it renews; done, it has the answer.
 */
export const idempotency: readonly string[] = [
  `create table idempotency_keys (
    key text collate "C" not null,
    principal text collate "C" not null,
    digest text,
    holder text not null,
    held_until timestamptz not null,
    created_at timestamptz not null,
    done_at timestamptz,
    status integer,
    content_type text,
    answer text,
    primary key (key, principal),
    check ((done_at is null) = (answer is null))
  )`,
  `create index idempotency_keys_by_age on idempotency_keys (created_at)`,
];
