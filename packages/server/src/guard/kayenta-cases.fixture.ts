import { readFileSync } from "node:fs";
import { emptyColumns } from "./rules/matured-units.ts";
import { hoursAfter, monday, rolloutIn } from "./rules-1/evidence.fixture.ts";
import { addUnits, freezeBaseline, harmLog, startEvidence } from "./rules-1/evidence.ts";

/** Kayenta's published comparisons beside our evidence on the same samples: for the test and the table. */

export interface KayentaCase {
  readonly name: string;
  readonly control: readonly number[];
  readonly experiment: readonly number[];
  readonly direction: "Either" | "Increase" | "Decrease";
  /** What Kayenta's classifier says, and where users disagree with it, what they expect. */
  readonly kayenta: string;
  readonly expected: string;
}

export interface SampleVerdict {
  /** High or Low where worse or less is proven (e-value of 20), Pass where not, Nodata without samples. */
  readonly verdict: "High" | "Low" | "Pass" | "Nodata" | "No scale";
  readonly log_higher: number | null;
  readonly log_lower: number | null;
}

/** Reads the cases from the folder `canary/kayenta` of the shared data. */
export function readKayentaCases(folder: string): KayentaCase[] {
  const published: {
    name: string;
    experiment?: (number | null)[];
    control?: (number | null)[];
    call?: string;
    expected: string[];
  }[] = JSON.parse(readFileSync(`${folder}/classifier-cases.json`, "utf8"));
  const missed: {
    ref: string;
    control: number[];
    experiment: number[];
    userExpects: string;
    mannWhitneyGives: string;
  }[] = JSON.parse(readFileSync(`${folder}/known-misses.json`, "utf8"));
  const numbers = (values: readonly (number | null)[] = []): number[] =>
    values.filter((value) => value !== null);
  return [
    ...published.map((each): KayentaCase => {
      const says = each.expected.join(" ").match(/classification == (\w+)/)?.[1] ?? "not asserted";
      const direction = each.call?.match(/MetricDirection\.(\w+)/)?.[1] ?? "Either";
      return {
        name: each.name,
        control: numbers(each.control),
        experiment: numbers(each.experiment),
        direction: direction as KayentaCase["direction"],
        kayenta: says,
        expected: says,
      };
    }),
    ...missed.map(
      (each): KayentaCase => ({
        name: each.ref,
        control: each.control,
        experiment: each.experiment,
        direction: "Increase",
        kayenta: each.mannWhitneyGives,
        expected: each.userExpects,
      }),
    ),
  ];
}

/** Judges one case: each value a unit at 50/50, in turns; the control sample, repeated, is the frozen past. */
export function judgeSamples({ control, experiment, direction }: KayentaCase): SampleVerdict {
  if (control.length === 0 || experiment.length === 0)
    return { verdict: "Nodata", log_higher: null, log_lower: null };
  const higher = computeHarm(control, experiment);
  const lower = computeHarm(experiment, control, control);
  if (higher === null || lower === null) return { verdict: "No scale", log_higher: null, log_lower: null };
  const line = Math.log(20);
  const isHigh = direction !== "Decrease" && higher >= line;
  const isLow = direction !== "Increase" && lower >= line;
  return { verdict: isHigh ? "High" : isLow ? "Low" : "Pass", log_higher: higher, log_lower: lower };
}

/** The log e-value of "the second sample is higher"; null where the past has no positive values. */
function computeHarm(active: readonly number[], canary: readonly number[], past = active): number | null {
  const positive = past.filter((value) => value > 0);
  if (positive.length === 0) return null;
  const repeated = Array.from(
    { length: Math.max(200, past.length) },
    (_, at) => positive[at % positive.length]!,
  );
  const baseline = freezeBaseline({ quality: [], latency_ms: repeated, cost: [], success: [] });
  if (baseline.latency === null) return null;
  const { policy } = rolloutIn(1);
  const start = { policy, stage: 1, attempt: 1, baseline, judge_identity: null, with_interval: false };
  const units = emptyColumns(active.length + canary.length);
  let place = 0;
  for (let turn = 0; turn < Math.max(active.length, canary.length); turn++) {
    for (const [arm, values] of [active, canary].entries()) {
      if (turn >= values.length) continue;
      units.canary[place] = arm;
      units.probability[place] = 0.5;
      units.exposedAt[place] = monday.getTime() + place;
      units.reported[place] = 1;
      units.latency[place++] = values[turn]!;
    }
  }
  return harmLog(addUnits(startEvidence(start, monday), units, [], hoursAfter(2)), "latency");
}
