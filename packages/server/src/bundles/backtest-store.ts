import { sql } from "kysely";
import type { Executor } from "../db/database.ts";

/** Payload of past traffic. */
export interface PastPayload {
  readonly task_key: string;
  readonly at: Date;
  readonly id: number;
  readonly payload: unknown;
}

/** Kinds of signal that contain payloads, with their column of time. */
const sources = {
  evaluation_results: sql`created_at`,
  action_approvals: sql`requested_at`,
} as const;
type PayloadSource = keyof typeof sources;

const PAGE = 5000;

/**
 * Yields pages of the agent's payloads between two times, one for each task, the newest of each kind of signal
 * first. The caller can stop early. Uses no transaction, so that requests and jobs are not blocked.
 */
export async function* readTaskPayloads(
  executor: Executor,
  agent: string,
  range: { readonly from: Date; readonly to: Date },
  pageSize = PAGE,
): AsyncGenerator<PastPayload[]> {
  const seen = new Set<string>();
  for (const source of Object.keys(sources) as PayloadSource[]) {
    let last: PastPayload | undefined;
    do {
      const page: PastPayload[] = await readPage(executor, source, agent, range, last, pageSize);
      const unseen = page.filter(({ task_key }) => {
        const isNew = !seen.has(task_key);
        seen.add(task_key);
        return isNew;
      });
      if (unseen.length > 0) yield unseen;
      last = page.length < pageSize ? undefined : page.at(-1);
    } while (last !== undefined);
  }
}

/** Reads a page of one kind of signal, newest first, below `before`. */
async function readPage(
  executor: Executor,
  source: PayloadSource,
  agent: string,
  range: { readonly from: Date; readonly to: Date },
  before: Pick<PastPayload, "at" | "id"> | undefined,
  limit: number,
): Promise<PastPayload[]> {
  const time = sources[source];
  const below = before === undefined ? sql`true` : sql`(${time}, id) < (${before.at}, ${before.id})`;
  const { rows } = await sql<PastPayload>`
    select task_key, ${time} as at, id, payload from ${sql.table(source)}
     where agent = ${agent} and ${time} >= ${range.from} and ${time} <= ${range.to} and ${below}
     order by ${time} desc, id desc limit ${limit}`.execute(executor);
  return rows;
}

/** Reads the label of each labeled task; of several labels, the one that training would use. */
export async function readLabels(
  executor: Executor,
  agent: string,
  taskKeys: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ key: string; label: string }>`
    select distinct on (l.key) l.key, l.label
      from labeled_examples l join jsonb_array_elements_text(${JSON.stringify(taskKeys)}::jsonb) as wanted(key)
        on l.key = wanted.key
     where l.agent = ${agent} and l.superseded_at is null
     order by l.key, array_position(array['review', 'gold', 'approvals', 'feedback', 'synthetic'], l.source),
              l.created_at desc, l.id desc`.execute(executor);
  return new Map(rows.map((row) => [row.key, row.label]));
}
