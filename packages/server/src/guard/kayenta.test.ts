import { expect, test } from "vitest";
import { describeWithSharedData } from "../../../../scripts/testing/describe-with-shared-data.ts";
import { judgeSamples, readKayentaCases } from "./kayenta-cases.fixture.ts";

/** Where we differ from what Kayenta's suite or its users expect; docs/methods/latency-streams.md says why. */
const differences: Record<string, string> = {
  "Mann-Whitney Classifier Test - Mean Ratio Effect Size: Pass (Large Input)": "Pass, ours High",
  "Mann-Whitney Classifier Test - CLES Effect Size: Low": "Low, ours Pass",
  "Mann-Whitney Classifier Test - Critical Effect Size: Critical Low": "Low, ours Pass",
  "Mann-Whitney Classifier Test - Critical Effect Size: Pass": "Pass, ours High",
  "Mann-Whitney Missing Experiment Data with NaN Replacement": "Pass, ours Nodata",
  "Mann-Whitney Tied Ranks With Zeros": "High, ours No scale",
  "Mann-Whitney Zero Mean: High Metric with Effect Size": "High, ours No scale",
  "Mann-Whitney Zero Mean: Low Metric with Effect Size": "Low, ours Pass",
  "Mann-Whitney Zero Mean: Critical Metric": "High, ours No scale",
  "Mann-Whitney Zero Mean: Pass Metric": "Pass, ours No scale",
  "Mean Inequality Classifier Test: Low Metric": "Low, ours Pass",
  "spinnaker/kayenta#426": "High, ours No scale",
  "spinnaker/kayenta#780 case 1": "High, ours Pass",
};

describeWithSharedData("canary/kayenta", "Kayenta's comparisons", (folder) => {
  const cases = readKayentaCases(folder);

  test("ours is Kayenta's verdict but for the differences we know", () => {
    const found = Object.fromEntries(
      cases
        .map((each) => ({ each, ours: judgeSamples(each).verdict }))
        .filter(({ each, ours }) => each.expected !== "not asserted" && ours !== each.expected)
        .map(({ each, ours }) => [each.name, `${each.expected}, ours ${ours}`]),
    );
    expect(found).toEqual(differences);
  });

  test("nothing that is higher is called lower, or the other way round", () => {
    for (const each of cases) {
      const { log_higher, log_lower } = judgeSamples(each);
      if (log_higher === null || log_lower === null) continue;
      expect(Math.min(log_higher, log_lower), each.name).toBeLessThan(Math.log(2));
    }
  });
});
