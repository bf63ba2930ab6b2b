/**
 * Learning curves of margin sampling, compared with random labels.
 *
 * `npm run bench -- label-efficiency FILE.csv [OUT.svg]` with a table of numbers whose last
 * column is 0 or 1 (spambase). Logistic regression (C = 1) on standardised log1p features, duplicates removed, a third
 * held out, 10 random labels and then batches of 10, 8 seeds.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type CurveStrategy, measureLearningCurves, parseNumberTable } from "./measure-learning-curves.ts";

const SEEDS = 8;
const BATCH = 10;
const MAX_LABELS = 310;

const [path, svgPath] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("usage: npm run bench -- label-efficiency FILE.csv [OUT.svg]\n");
  process.exit(2);
}
const data = parseNumberTable(readFileSync(path, "utf8"));
const { curves, everything } = measureLearningCurves(data, { seeds: SEEDS, batch: BATCH, last: MAX_LABELS });

const shown = [10, 50, 100, 150, 200, 250, 310];
console.log(
  `${data.rows.length} rows, ${SEEDS} seeds; held-out accuracy; all ${data.rows.length - Math.floor(data.rows.length / 3)} labels: ${mean(everything).toFixed(3)}\n`,
);
console.log(`| labels | ${shown.join(" | ")} |`);
console.log(`|---|${shown.map(() => "---").join("|")}|`);
for (const [strategy, byCount] of curves) {
  const cells = shown.map((labels) => {
    const values = byCount.get(labels)!;
    return `${mean(values).toFixed(3)} ± ${standardError(values).toFixed(3)}`;
  });
  console.log(`| ${strategy} | ${cells.join(" | ")} |`);
}
if (svgPath !== undefined) writeFileSync(svgPath, drawPlot());

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function standardError(values: readonly number[]): number {
  const centre = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
  return Math.sqrt(variance / values.length);
}

function drawPlot(): string {
  const [width, height, left, bottom, top, right] = [640, 360, 56, 44, 16, 130];
  const [lowest, highest] = [0.74, 0.96];
  const x = (labels: number): number => left + ((width - left - right) * labels) / MAX_LABELS;
  const y = (accuracy: number): number =>
    top + (height - top - bottom) * (1 - (accuracy - lowest) / (highest - lowest));
  const colours: Record<CurveStrategy, string> = {
    random: "#868e96",
    margin: "#1971c2",
    "margin in batches": "#2f9e44",
  };
  const text = (tx: number, ty: number, content: string, anchor = "start", fill = "#495057"): string =>
    `<text x="${tx.toFixed(1)}" y="${ty.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${content}</text>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img" aria-label="Held-out accuracy against number of labels">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
  ];
  for (let tick = 0.75; tick < highest; tick += 0.05) {
    parts.push(`<path d="M${left} ${y(tick).toFixed(1)}H${width - right}" stroke="#e9ecef"/>`);
    parts.push(text(left - 6, y(tick) + 4, tick.toFixed(2), "end"));
  }
  for (let tick = 0; tick <= 300; tick += 50) {
    parts.push(text(x(tick), height - bottom + 18, String(tick), "middle"));
  }
  parts.push(text((left + width - right) / 2, height - 8, "labels", "middle"));
  const all = y(mean(everything));
  parts.push(
    `<path d="M${left} ${all.toFixed(1)}H${width - right}" stroke="#adb5bd" stroke-dasharray="4 4"/>`,
    text(width - right + 6, all - 4, "all labels"),
  );
  const ends = [...curves].map(([strategy, byCount]) => ({
    strategy,
    at: y(mean(byCount.get(MAX_LABELS)!)),
  }));
  ends.sort((a, b) => a.at - b.at);
  ends.forEach((end, index) => {
    if (index > 0) end.at = Math.max(end.at, ends[index - 1]!.at + 14);
  });
  for (const [strategy, byCount] of curves) {
    const points = [...byCount].map(
      ([n, values]) => `${x(n).toFixed(1)},${y(Math.max(lowest, mean(values))).toFixed(1)}`,
    );
    parts.push(
      `<polyline points="${points.join(" ")}" fill="none" stroke="${colours[strategy]}" stroke-width="2"/>`,
    );
    const end = ends.find((other) => other.strategy === strategy)!;
    parts.push(text(width - right + 6, end.at + 10, strategy, "start", colours[strategy]));
  }
  return `${parts.join("\n")}\n</svg>\n`;
}
