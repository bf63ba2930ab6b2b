import { NativeSelect } from "@mantine/core";
import type { Column } from "./data-table.tsx";
import { StateMark } from "./state-mark.tsx";
import type { StateWords } from "./state-words.ts";

interface StateSelectProps {
  readonly states: Readonly<Record<string, StateWords>>;
  /** Chosen state; undefined for all. */
  readonly value: string | undefined;
  readonly onChange: (state: string | undefined) => void;
}

/** Filter of a list by state. */
export function StateSelect({ states, value, onChange }: StateSelectProps) {
  return (
    <NativeSelect
      label="State"
      value={value ?? ""}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      data={[
        { value: "", label: "All states" },
        ...Object.entries(states).map(([state, { words }]) => ({ value: state, label: words })),
      ]}
    />
  );
}

/** Returns the column of a list that shows the state of its rows. */
export function toStateColumn<Row, State extends string>(
  states: Readonly<Record<State, StateWords>>,
  getState: (row: Row) => State,
): Column<Row> {
  return {
    name: "State",
    cell: (row) => {
      const { token, words } = states[getState(row)];
      return <StateMark token={token}>{words}</StateMark>;
    },
  };
}
