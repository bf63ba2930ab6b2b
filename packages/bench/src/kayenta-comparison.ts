/**
 * `npm run bench -- kayenta-comparison`: Kayenta's published comparisons, its verdict and
 * ours side by side, as the Markdown table of docs/methods/latency-streams.md. Needs ../shared/data.
 */
import {
  hasKayentaCases,
  judgeSamples,
  readKayentaCases,
} from "../../server/src/guard/kayenta-cases.fixture.ts";

if (!hasKayentaCases) {
  process.stderr.write(
    "Kayenta's cases are not here: set RELEARN_SHARED_DATA to the folder that has them.\n",
  );
  process.exitCode = 3;
} else {
  const value = (log: number | null): string => (log === null ? "" : Math.exp(log).toPrecision(3));
  const lines = ["| case | n | Kayenta | ours | e-value higher | lower |", "|---|---|---|---|---|---|"];
  for (const each of readKayentaCases()) {
    const ours = judgeSamples(each);
    const kayenta =
      each.kayenta === each.expected ? each.kayenta : `${each.kayenta} (users expect ${each.expected})`;
    lines.push(
      `| ${each.name} | ${each.experiment.length} + ${each.control.length} | ${kayenta} | ${ours.verdict} | ${value(ours.log_higher)} | ${value(ours.log_lower)} |`,
    );
  }
  process.stdout.write(`${lines.join("\n")}\n`);
}
