import { Stack, Text } from "@mantine/core";
import type { MethodComparison } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { methodsQuery } from "../api/documents.ts";
import { formatCount, formatRatio, formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Region } from "../parts/region.tsx";

type Method = MethodComparison["methods"][number];

const words: Readonly<Record<Method["method"], string>> = {
  majority: "majority vote",
  specification: "weights of the specification",
  best_judge: "best single judge",
  two_coin: "true and false alarm rates of each judge",
  stacking: "one fitted weight per judge",
  chosen: "calibrated panel",
};

/** Method that combines the judges of an agent, compared with the other methods. */
export function PanelMethods({ agent }: { agent: string }) {
  const methods = useQuery(methodsQuery(agent));
  return (
    <Region name="Comparison" query={methods}>
      {(loaded) =>
        loaded.methods.length === 0 ? (
          <Text c="dimmed">
            Not enough data: {formatCount(loaded.rows)} of 20 labeled verdicts. Until then the calibrated
            panel relies on its prior.
          </Text>
        ) : (
          <Stack>
            <p>{chosenText(loaded)}</p>
            <DataTable
              caption={`Methods for combining the judges of ${agent}, lowest log-loss first`}
              rows={loaded.methods}
              rowKey={(one) => one.method}
              isMarked={(one) => one.in_use}
              columns={[
                {
                  name: "Method",
                  cell: (one) => (
                    <>
                      <span className="mono">{one.method}</span>{" "}
                      <Text span size="xs" c="dimmed">
                        {words[one.method]}
                        {one.in_use && "; in use"}
                      </Text>
                    </>
                  ),
                },
                {
                  name: "Log-loss (± standard error)",
                  kind: "number",
                  cell: (one) => `${formatRatio(one.log_loss, 3)} ± ${formatRatio(one.standard_error, 3)}`,
                },
                { name: "Accuracy", kind: "number", cell: (one) => formatShare(one.accuracy) },
              ]}
            />
            <Text size="xs" c="dimmed">
              Each method was fitted to {formatCount(loaded.labels)} labels, drawn{" "}
              {formatCount(loaded.splits)} times from the newest {formatCount(loaded.rows)}, and scored on the
              others. The calibrated panel is always in use: with few labels these figures are too uncertain
              to choose by.
            </Text>
          </Stack>
        )
      }
    </Region>
  );
}

/** "Chosen: the calibrated panel, log-loss .31 at 120 labels, the lowest of 6." */
function chosenText({ methods, labels }: MethodComparison): string {
  const place = methods.findIndex((one) => one.in_use);
  const inUse = methods[place];
  if (inUse === undefined) return "No panel yet: measure the judges to fit one.";
  const [best] = methods;
  const above = best === undefined ? 0 : inUse.log_loss - best.log_loss;
  // What rounds to nothing is no distance.
  const distance = above < 0.0005 ? "level with" : `${formatRatio(above, 3)} above`;
  const rank =
    place === 0 || best === undefined
      ? `the lowest of ${methods.length}`
      : `${distance} ${best.method}, the lowest of ${methods.length}`;
  return `In use: ${words[inUse.method]}, log-loss ${formatRatio(inUse.log_loss, 3)} at ${formatCount(labels)} labels, ${rank}.`;
}
