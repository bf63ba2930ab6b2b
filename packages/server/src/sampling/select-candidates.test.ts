import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { type ScoredTask, selectCandidates } from "./select-candidates.ts";

const random = seededRandom(11);
const tasks: ScoredTask[] = Array.from({ length: 2000 }, (_, index) => ({
  task_key: `task-${index}`,
  uncertainty: random.below(20) / 20,
}));

describe("selecting candidates", () => {
  it("takes the most uncertain, at least 0.5 and 50 unless told otherwise", () => {
    const selected = selectCandidates(tasks);
    expect(selected).toHaveLength(50);
    const cut = selected.at(-1)!.uncertainty;
    expect(tasks.filter((task) => task.uncertainty > cut).length).toBeLessThan(50);
    expect(selectCandidates([{ task_key: "a", uncertainty: 0.499 }])).toEqual([]);
    expect(selectCandidates([{ task_key: "a", uncertainty: 0.5 }])).toHaveLength(1);
  });

  it("gives the same list for any order of the input", () => {
    const options = { topN: 37, minUncertainty: 0.1 };
    const expected = selectCandidates(tasks, options);
    for (let seed = 0; seed < 5; seed++) {
      expect(selectCandidates(shuffled(tasks, seededRandom(seed)), options)).toEqual(expected);
    }
    const uncertainties = expected.map((task) => task.uncertainty);
    expect(uncertainties).toEqual([...uncertainties].sort((a, b) => b - a));
  });

  it("does not favour keys that come first by name among equals", () => {
    const equals = Array.from({ length: 1000 }, (_, index) => ({
      task_key: `t${String(index).padStart(4, "0")}`,
      uncertainty: 1,
    }));
    const places = selectCandidates(equals, { topN: 200 }).map((task) => Number(task.task_key.slice(1)));
    const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
    // Uniform on 0..999: standard error of a mean of 200 is 20.4.
    expect(Math.abs(mean - 499.5)).toBeLessThan(5 * 20.4);
  });

  it("offers nothing for nothing, or where none is asked for", () => {
    expect(selectCandidates([])).toEqual([]);
    expect(selectCandidates(tasks, { topN: 0 })).toEqual([]);
  });

  it("never takes a task whose uncertainty is not a number", () => {
    expect(selectCandidates([{ task_key: "x", uncertainty: Number.NaN }], { minUncertainty: 0 })).toEqual([]);
  });
});
