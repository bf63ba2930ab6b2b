/**
 * Prints the accuracy of the rule judges on the whole table and the correlation of their errors:
 *
 *   node examples/inbox-triage/measure-judges.ts
 */
import { readMail } from "./read-mail.ts";
import { judgeMail, type RuleJudgeName, ruleJudges } from "./rule-judges.ts";

const names = Object.keys(ruleJudges) as RuleJudgeName[];
const judged = readMail().map((row) => ({ row, verdicts: judgeMail(row.payload) }));
const isRight = (name: RuleJudgeName) =>
  judged.map(({ row, verdicts }) => (verdicts[name].verdict === row.class ? 1 : 0));
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

console.log(
  `${judged.length} mails; always "safe" is right in ${mean(judged.map(({ row }) => (row.class === "safe" ? 1 : 0))).toFixed(3)}`,
);
for (const name of names) {
  const accuracyInClass = (kind: string) =>
    mean(
      judged
        .filter(({ row }) => row.class === kind)
        .map(({ row, verdicts }) => (verdicts[name].verdict === row.class ? 1 : 0)),
    );
  const stated = mean(judged.map(({ verdicts }) => verdicts[name].confidence)) / 100;
  console.log(
    `${name.padEnd(10)} right ${mean(isRight(name)).toFixed(3)}  safe ${accuracyInClass("safe").toFixed(3)}  ` +
      `quarantine ${accuracyInClass("quarantine").toFixed(3)}  states ${stated.toFixed(3)}`,
  );
  for (const [from, to] of [
    [50, 60],
    [60, 70],
    [70, 80],
    [80, 90],
    [90, 100],
  ] as const) {
    const bin = judged.filter(
      ({ verdicts }) => verdicts[name].confidence >= from && verdicts[name].confidence < to,
    );
    if (bin.length > 0) {
      const right = mean(bin.map(({ row, verdicts }) => (verdicts[name].verdict === row.class ? 1 : 0)));
      console.log(
        `  states ${from}-${to - 1}: ${String(bin.length).padStart(5)} mails, right ${right.toFixed(3)}`,
      );
    }
  }
}
for (const [index, a] of names.entries()) {
  for (const b of names.slice(index + 1)) {
    console.log(`errors of ${a} and ${b}: correlation ${correlation(isRight(a), isRight(b)).toFixed(3)}`);
  }
}
const majority = judged.map(({ row, verdicts }) =>
  names.filter((name) => verdicts[name].verdict === row.class).length >= 2 ? 1 : 0,
);
const agreed = judged.filter(
  ({ verdicts }) => new Set(names.map((name) => verdicts[name].verdict)).size === 1,
);
console.log(
  `majority of three right ${mean(majority).toFixed(3)}; all three agree on ${(agreed.length / judged.length).toFixed(3)}`,
);

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, index) => (value - meanA) * (b[index]! - meanB)));
  return covariance / Math.sqrt(meanA * (1 - meanA) * meanB * (1 - meanB));
}
