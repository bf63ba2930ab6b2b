import { RelearnError } from "../../errors.ts";

/**
 * One unit whose maturity window has passed, scored once: the mean over its outcomes in the window.
 * Units that carry no information (canary in an earlier stage) and units whose window was cut by a stage's
 * end are not among them; both are left out of both arms alike, whatever their outcomes are.
 */
export interface MaturedUnit {
  readonly arm: "canary" | "active";
  /** The probability of canary when the unit was assigned, in (0, 1): see `guard/assignment-probability.ts`. */
  readonly probability: number;
  /** First exposure in the present stage. */
  readonly exposed_at: string;
  /** False if there is no outcome within the window: it counts as quality 0 and in the stream of the missing. */
  readonly reported: boolean;
  /** In [0, 1]; null counts as 0, since every unit counts, judged or not. */
  readonly quality: number | null;
  readonly latency_ms: number | null;
  readonly cost: number | null;
  /** Share of its outcomes that succeeded, in [0, 1]; null counts as 0. */
  readonly success: number | null;
}

/** The same units as columns of one length, in order of first exposure; NaN if a measure is absent. */
export interface MaturedColumns {
  readonly length: number;
  readonly canary: Uint8Array;
  readonly probability: Float64Array;
  /** Milliseconds since the epoch. */
  readonly exposedAt: Float64Array;
  readonly reported: Uint8Array;
  readonly quality: Float64Array;
  readonly latency: Float64Array;
  readonly cost: Float64Array;
  readonly success: Float64Array;
}

export function emptyColumns(length: number): MaturedColumns {
  const column = (): Float64Array => new Float64Array(length).fill(Number.NaN);
  return {
    length,
    canary: new Uint8Array(length),
    probability: column(),
    exposedAt: column(),
    reported: new Uint8Array(length),
    quality: column(),
    latency: column(),
    cost: column(),
    success: column(),
  };
}

/**
 * Returns the units as columns, sorted by first exposure (ties keep their order).
 * Throws `invalid_input` with the unit's place and member for values that no store may return: a probability
 * outside (0, 1), an unreadable time, a quality or success outside [0, 1], a negative or infinite measure.
 */
export function toColumns(units: readonly MaturedUnit[]): MaturedColumns {
  const columns = emptyColumns(units.length);
  const times = Float64Array.from(units, (unit) => Date.parse(unit.exposed_at));
  const order = Array.from(units.keys()).sort((a, b) => times[a]! - times[b]! || a - b);
  for (const [place, from] of order.entries()) {
    const unit = units[from]!;
    const check = (member: keyof MaturedUnit, fine: boolean, accepted: string): void => {
      if (fine) return;
      throw new RelearnError(
        "invalid_input",
        `Matured unit ${from} has ${member} ${String(unit[member])}: give ${accepted}.`,
        { details: { unit: from, member, value: String(unit[member]) } },
      );
    };
    check(
      "probability",
      unit.probability > 0 && unit.probability < 1,
      "a probability between 0 and 1, exclusive",
    );
    check("exposed_at", !Number.isNaN(times[from]!), "an ISO 8601 time");
    for (const member of ["quality", "success"] as const) {
      const value = unit[member];
      check(member, value === null || (value >= 0 && value <= 1), "a number in [0, 1] or null");
    }
    for (const member of ["latency_ms", "cost"] as const) {
      const value = unit[member];
      check(
        member,
        value === null || (value >= 0 && value < Number.POSITIVE_INFINITY),
        "a number of 0 or more, or null",
      );
    }
    columns.canary[place] = unit.arm === "canary" ? 1 : 0;
    columns.probability[place] = unit.probability;
    columns.exposedAt[place] = times[from]!;
    columns.reported[place] = unit.reported ? 1 : 0;
    columns.quality[place] = unit.quality ?? Number.NaN;
    columns.latency[place] = unit.latency_ms ?? Number.NaN;
    columns.cost[place] = unit.cost ?? Number.NaN;
    columns.success[place] = unit.success ?? Number.NaN;
  }
  return columns;
}
