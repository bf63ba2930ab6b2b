/** Rows that a list shows after new data were read, and the number of new rows that wait to be shown. */
export interface SteadyRows<Row> {
  readonly rows: readonly Row[];
  readonly waiting: number;
}

/**
 * The rows a reader has before them stay where they are, each as it is now; rows that were not there wait. A row
 * that is gone leaves, but for those at the end that new ones have pushed off a page of limited length: they go
 * when the new ones come in.
 */
export function steadyRows<Row>(
  present: readonly Row[],
  fresh: readonly Row[],
  rowKey: (row: Row) => string,
): SteadyRows<Row> {
  if (present.length === 0) return { rows: fresh, waiting: 0 };
  const freshByKey = new Map(fresh.map((row) => [rowKey(row), row]));
  const presentKeys = new Set(present.map(rowKey));
  const waiting = fresh.filter((row) => !presentKeys.has(rowKey(row))).length;
  let end = present.length;
  for (const row of present.toReversed()) {
    if (freshByKey.has(rowKey(row)) || present.length - end === waiting) break;
    end--;
  }
  return {
    rows: present.flatMap((row, index) => freshByKey.get(rowKey(row)) ?? (index < end ? [] : [row])),
    waiting,
  };
}
