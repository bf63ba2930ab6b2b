import { DataTable } from "../parts/data-table.tsx";

export const reviewKeys = [
  ["1 to 9", "Label, and send; with a comment, choose the label"],
  ["Ctrl or Cmd + Enter", "Send the chosen label with its comment"],
  ["S, then 1 to 5", "Skip, with a reason"],
  ["U", "Undo my last answer"],
  ["C", "Comment; Esc leaves it"],
  ["J or arrow down, K or arrow up", "Scroll the payload"],
  ["V", "Verdicts on the last item"],
  ["?", "These keys"],
] as const;

export function ReviewHelp() {
  return (
    <div className="stack">
      <DataTable
        caption="Keys in Review"
        rows={reviewKeys}
        rowKey={([key]) => key}
        columns={[
          { name: "Key", kind: "nowrap", cell: ([key]) => key },
          { name: "What it does", kind: "wrap", cell: ([, act]) => act },
        ]}
      />
      <p className="muted">
        Dead while typing and in dialogs. Judges, model and colleagues stay hidden until your label is stored.
      </p>
    </div>
  );
}
