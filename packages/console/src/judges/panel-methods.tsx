import type { MethodComparison } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { methodsQuery } from "../api/documents.ts";
import { formatCount, formatRatio, formatShare } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Region } from "../parts/region.tsx";

type Method = MethodComparison["methods"][number];

const words: Readonly<Record<Method["method"], string>> = {
  majority: "a vote of each judge alike",
  specification: "the specification's weights",
  best_judge: "the best judge alone",
  two_coin: "each judge's hits and false alarms",
  stacking: "one weight a judge, fitted",
  chosen: "the calibrated panel",
};

/** How the judges of an agent are combined, why so, and what the other ways would come to. */
export function PanelMethods({ agent }: { agent: string }) {
  const methods = useQuery(methodsQuery(agent));
  return (
    <Region name="Comparison" query={methods}>
      {(loaded) =>
        loaded.methods.length === 0 ? (
          <p className="muted">
            Not enough data: {formatCount(loaded.rows)} of 20 labeled verdicts. Until then the calibrated
            panel leans on its prior.
          </p>
        ) : (
          <div className="stack">
            <p>{chosenText(loaded)}</p>
            <DataTable
              caption={`Ways of combining the judges of ${agent}, the least log-loss first`}
              rows={loaded.methods}
              rowKey={(one) => one.method}
              isMarked={(one) => one.in_use}
              columns={[
                {
                  name: "Way",
                  cell: (one) => (
                    <>
                      <span className="mono">{one.method}</span>{" "}
                      <span className="meta">
                        {words[one.method]}
                        {one.in_use && "; in use"}
                      </span>
                    </>
                  ),
                },
                {
                  name: "Log-loss (± standard error)",
                  kind: "number",
                  cell: (one) => `${formatRatio(one.log_loss, 3)} ± ${formatRatio(one.standard_error, 3)}`,
                },
                { name: "Right", kind: "number", cell: (one) => formatShare(one.accuracy) },
              ]}
            />
            <p className="meta">
              Each has seen {formatCount(loaded.labels)} labels, drawn {formatCount(loaded.splits)} times from
              the newest {formatCount(loaded.rows)}, and is scored on those it has not seen. The calibrated
              panel is in use whichever comes first here: choosing by these figures goes wrong at few labels.
            </p>
          </div>
        )
      }
    </Region>
  );
}

/** "Chosen: the calibrated panel, log-loss .31 at 120 labels, the lowest of 6." */
function chosenText({ methods, labels }: MethodComparison): string {
  const place = methods.findIndex((one) => one.in_use);
  const inUse = methods[place];
  if (inUse === undefined) return "No panel yet: it is made when the judges are measured.";
  const [best] = methods;
  const above = best === undefined ? 0 : inUse.log_loss - best.log_loss;
  // What rounds to nothing is no distance.
  const distance = above < 0.0005 ? "level with" : `${formatRatio(above, 3)} above`;
  const rank =
    place === 0 || best === undefined
      ? `the lowest of ${methods.length}`
      : `${distance} ${best.method}, the lowest of ${methods.length}`;
  return `Chosen: ${words[inUse.method]}, log-loss ${formatRatio(inUse.log_loss, 3)} at ${formatCount(labels)} labels, ${rank}.`;
}
