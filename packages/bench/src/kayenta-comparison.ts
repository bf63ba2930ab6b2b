/**
 * `npm run bench -- kayenta-comparison`: prints Kayenta's verdicts on its published comparisons and those of Relearn as
 * the Markdown table of docs/methods/latency-streams.md. Needs ../shared/data.
 */
import { findSharedData } from "../../../scripts/testing/shared-data.ts";
import { judgeSamples, readKayentaCases } from "../../server/src/guard/kayenta-cases.fixture.ts";

const folder = findSharedData("canary/kayenta");
if (folder === undefined) {
  process.stderr.write("Kayenta's cases were not found: see scripts/testing/shared-data.ts.\n");
  process.exitCode = 3;
} else {
  const formatEValue = (log: number | null): string => (log === null ? "" : Math.exp(log).toPrecision(3));
  const lines = ["| case | n | Kayenta | ours | e-value higher | lower |", "|---|---|---|---|---|---|"];
  for (const each of readKayentaCases(folder)) {
    const ours = judgeSamples(each);
    const kayenta =
      each.kayenta === each.expected ? each.kayenta : `${each.kayenta} (users expect ${each.expected})`;
    lines.push(
      `| ${each.name} | ${each.experiment.length} + ${each.control.length} | ${kayenta} | ${ours.verdict} | ${formatEValue(ours.log_higher)} | ${formatEValue(ours.log_lower)} |`,
    );
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}
