import { Stack, Text } from "@mantine/core";
import { DataTable } from "../parts/data-table.tsx";

export const reviewKeys = [
  ["1 to 9", "Label and send; with a comment, choose the label"],
  ["Ctrl or Cmd + Enter", "Send the chosen label with its comment"],
  ["S, then 1 to 5", "Skip, with a reason"],
  ["U", "Undo your last answer"],
  ["C", "Write a comment; Esc leaves the field"],
  ["J or arrow down, K or arrow up", "Scroll the payload"],
  ["V", "Show the verdicts on the last item"],
  ["?", "Show keyboard shortcuts"],
] as const;

export function ReviewHelp() {
  return (
    <Stack>
      <DataTable
        caption="Shortcuts in Review"
        rows={reviewKeys}
        rowKey={([key]) => key}
        columns={[
          { name: "Key", kind: "nowrap", cell: ([key]) => key },
          { name: "Action", kind: "wrap", cell: ([, act]) => act },
        ]}
      />
      <Text c="dimmed">
        Shortcuts are off while you type and in dialogs. The verdicts of judges, model and colleagues stay
        hidden until your label is stored.
      </Text>
    </Stack>
  );
}
