/** Moves the coordination of jobs from pg-boss to `job_runs`. */
export const jobLanes: readonly string[] = [
  // Relearn 0.1 kept its wake-ups in pg-boss's default schema. Another application that uses pg-boss in the
  // same database may share the schema; it keeps its queues.
  `do $$
  begin
    if not exists (
      select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'pgboss' and c.relname = 'queue'
        and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
    ) then
      return;
    end if;
    if not exists (select from pgboss.queue where name in ('relearn_learning', 'relearn_guard')) then
      return;
    end if;
    if exists (
      select from pgboss.queue where name not in ('relearn_learning', 'relearn_guard', '__pgboss__send-it')
    ) then
      delete from pgboss.schedule where name in ('relearn_learning', 'relearn_guard');
      delete from pgboss.job where name in ('relearn_learning', 'relearn_guard');
      delete from pgboss.queue where name in ('relearn_learning', 'relearn_guard');
    else
      drop schema pgboss cascade;
    end if;
  end $$`,

  `alter table job_runs drop constraint job_runs_trigger_check`,
  `update job_runs set trigger = 'catch_up' where trigger = 'makeup'`,
  `alter table job_runs add constraint job_runs_trigger_check
    check (trigger in ('schedule', 'manual', 'catch_up'))`,
  // Results of the guard.
  `update job_runs set result = (result - 'looks') || jsonb_build_object('analyses', result -> 'looks')
    where result ? 'looks'`,

  `alter table job_runs add column lane text check (lane in ('learning', 'guard'))`,
  `update job_runs set lane = case when job in ('check_canaries', 'guard') then 'guard' else 'learning' end`,
  `alter table job_runs alter column lane set not null`,
  // Several runs of a lane may be left over from processes that were killed.
  `update job_runs set state = 'failed', finished_at = now(), error = 'Its process ended before it did.'
    where state = 'running' and trigger <> 'manual'
      and id not in (select max(id) from job_runs where state = 'running' and trigger <> 'manual' group by lane)`,
  // One scheduled run of a lane at a time, in the whole installation.
  `create unique index job_runs_one_scheduled_per_lane on job_runs (lane)
    where state = 'running' and trigger <> 'manual'`,
];
