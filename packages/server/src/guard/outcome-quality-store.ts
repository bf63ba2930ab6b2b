import type { AgentDefinition } from "@relearn/contract";
import { type RawBuilder, sql } from "kysely";
import { jsonb } from "../db/jsonb.ts";

/** Classes of the agent and its map of raw labels, from which quality is computed. */
export type LabelClasses = Pick<AgentDefinition, "classes" | "label_map">;

/**
 * Returns SQL for the quality of outcome `o`: the reported one if `labels` is null; otherwise 1 if the label of its
 * task, given by `windowEnd`, is of the class that was decided, 0 if of another, null if there is no label. If there
 * are several labels, the one that training would use counts.
 */
export function outcomeQuality(
  labels: LabelClasses | null,
  windowEnd: RawBuilder<unknown>,
): RawBuilder<unknown> {
  if (labels === null) return sql`o.quality`;
  const map = jsonb(labels.label_map ?? {});
  const classes = labels.classes === undefined ? sql`null::jsonb` : jsonb(labels.classes);
  const toClass = (label: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    case when ${label} <> '*' and ${map} ? ${label} then ${map} ->> ${label}
         when ${classes} is null then coalesce(${map} ->> '*', ${label})
         when ${classes} ? ${label} then ${label}
         else ${map} ->> '*' end`;
  return sql`(
    select case when given.class is null or given.decided is null then null
                when given.class = given.decided then 1.0 else 0.0 end::float8
      from (select ${toClass(sql`l.label`)} as class, ${toClass(sql`made.decision`)} as decided
              from labeled_examples l
              cross join lateral (
                select coalesce(o.decision, (
                  select r.decision from evaluation_results r
                   where r.task_key = o.task_key and r.agent = o.agent and r.decision is not null
                   order by r.created_at desc, r.id desc limit 1)) as decision) made
             where l.key = o.task_key and l.agent = o.agent and l.superseded_at is null
               and l.created_at <= ${windowEnd}
             order by array_position(array['review', 'gold', 'approvals', 'feedback', 'synthetic'], l.source),
                      l.created_at desc, l.id desc
             limit 1) given)`;
}
