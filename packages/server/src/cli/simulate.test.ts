import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runCommandLine } from "./program.ts";

let output: string;
let errors: string;

beforeEach(() => {
  output = "";
  errors = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    output += String(text);
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    errors += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

const simulate = (...words: string[]): Promise<number> =>
  runCommandLine(["simulate", "--runs", "20", ...words]);

describe("relearn simulate", () => {
  it("gives the members of the contract, fractions of the runs", async () => {
    expect(await simulate("--hours", "72", "--json")).toBe(0);
    const report = JSON.parse(output);
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining([
        "runs",
        "completed",
        "rolled_back",
        "asked",
        "held",
        "open",
        "false_alarm",
        "median_hours_to_rollback",
        "median_hours_to_complete",
        "median_units_exposed",
      ]),
    );
    const { runs, completed, rolled_back, asked, held, open } = report;
    expect(runs).toBe(20);
    expect(completed + rolled_back + asked + held + open).toBeCloseTo(1, 12);
  });

  it("says the same for the same seed, and something else for another", async () => {
    const reports: string[] = [];
    for (const seed of ["1", "1", "2"]) {
      output = "";
      await simulate("--hours", "30", "--seed", seed, "--json");
      reports.push(output);
    }
    expect(reports[1]).toBe(reports[0]);
    expect(reports[2]).not.toBe(reports[0]);
  });

  it("takes every option of a scenario", async () => {
    const words =
      "--units-per-hour 60 --base 0.7 --effect -0.3 --effect-from-stage 50 --latency-effect 0.5 --drift daily " +
      "--requests-per-unit 4 --correlation 0.2 --policy specification --hours 60 --seed 9 --json";
    expect(await simulate(...words.split(" "))).toBe(0);
    expect(JSON.parse(output)).not.toHaveProperty("false_alarm");
  });

  it("tells people what was simulated, with intervals, medians and what the planner says", async () => {
    expect(await simulate("--effect", "-0.2", "--hours", "48")).toBe(0);
    expect(output).toMatch(
      /^20 rollouts at 100 units per hour, quality 0\.8 -20\.0 %; policy evidence, 48 h\.\n/,
    );
    expect(output).toMatch(/rolled back\s+100\.0 %\s+83\.9 to 100\.0/);
    expect(output).toMatch(
      /Median time to roll back: \d+(\.\d)? h; to complete: never; median units exposed: \d+/,
    );
    expect(output).toMatch(/By the planner, an unchanged bundle completes after about 81 h\./);
  });

  it("warns where traffic is thin", async () => {
    await simulate("--units-per-hour", "5", "--hours", "24");
    expect(output).toMatch(/Stage 50 % needs about 27 days to prove "not worse by 5 %"/);
  });

  it.each([
    [["--base", "1.5"], 2, /'1\.5' is invalid\. Accepted: a number from 0\.001 to 0\.999\./],
    [["--units-per-hour", "0"], 2, /--units-per-hour/],
    [["--effect", "NaN"], 2, /argument .NaN. is invalid\. Accepted: a number/],
    [["--runs", "1.5"], 2, /'1\.5' is invalid\. Accepted: a whole number/],
    [["--drift", "weekly"], 2, /Allowed choices are steady, daily, step/],
    [["--stages", "50,10,100"], 2, /Accepted: increasing whole percentages/],
    [["--stages", "10,50"], 2, /the last one 100/],
    [["--effect-from-stage", "30"], 2, /Accepted: a stage of the policy, 10, 50, 100\./],
    [["--base", "0.9", "--effect", "0.2"], 2, /raises --base 0\.9 above 1\. Accepted: at most 0\.1111/],
  ])("refuses %j", async (words, code, message) => {
    expect(await simulate(...words)).toBe(code);
    expect(errors).toMatch(message);
    expect(output).toBe("");
  });
});
