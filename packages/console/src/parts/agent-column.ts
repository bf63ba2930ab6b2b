import type { Column } from "./data-table.tsx";

/** The column of a list that says whose row it is: needed only where the rows are not all of one chosen agent. */
export function agentColumn<Row>(chosen: string | undefined, agentOf: (row: Row) => string): Column<Row>[] {
  return chosen === undefined ? [{ name: "Agent", cell: agentOf }] : [];
}
