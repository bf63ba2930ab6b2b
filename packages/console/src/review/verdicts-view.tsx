import type { AnswerResult } from "@relearn/contract";
import { formatRatio } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** What was hidden before: the judges' verdicts, the panel and colleagues, beside my answer. */
export function VerdictsView({ last }: { last: AnswerResult }) {
  const { judge_scores, panel, judges_agreeing, others } = last.revealed;
  const verdicts = Object.entries(judge_scores);
  return (
    <div className="stack">
      {verdicts.length === 0 ? (
        <p className="muted">No judge has looked at it.</p>
      ) : (
        <DataTable
          caption="Verdicts of the judges"
          rows={verdicts}
          rowKey={([judge]) => judge}
          columns={[
            { name: "Judge", cell: ([judge]) => judge },
            { name: "Verdict", cell: ([, score]) => score.verdict ?? "none" },
            {
              name: "Confidence, 0-100",
              kind: "number",
              cell: ([, score]) => score.confidence ?? "",
            },
          ]}
        />
      )}
      {judges_agreeing !== null && (
        <p>
          {judges_agreeing.agreeing} of {judges_agreeing.verdicts} verdicts are your label.
        </p>
      )}
      {panel !== null && (
        <p>
          Together, weighed by evidence:{" "}
          {Object.entries(panel)
            .sort(([, a], [, b]) => b - a)
            .map(([name, probability]) => `${name} ${formatRatio(probability)}`)
            .join(", ")}
          .
        </p>
      )}
      {others.length > 0 && (
        <p>
          Colleagues: {others.map((other) => `${other.reviewer} ${other.label ?? "skipped"}`).join(", ")}.
        </p>
      )}
    </div>
  );
}
