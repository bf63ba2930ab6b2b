import { Stack, Text } from "@mantine/core";
import type { AnswerResult } from "@relearn/contract";
import { formatRatio } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** Verdicts of judges, panel and colleagues, which are hidden until the label is stored. */
export function VerdictsView({ last }: { last: AnswerResult }) {
  const { judge_scores, panel, judges_agreeing, others } = last.revealed;
  const verdicts = Object.entries(judge_scores);
  return (
    <Stack>
      {verdicts.length === 0 ? (
        <Text c="dimmed">No verdicts.</Text>
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
          {judges_agreeing.agreeing} of {judges_agreeing.verdicts} verdicts agree with your label.
        </p>
      )}
      {panel !== null && (
        <p>
          Panel:{" "}
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
    </Stack>
  );
}
