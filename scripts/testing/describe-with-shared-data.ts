import { describe, it } from "vitest";
import { findSharedData } from "./shared-data.ts";

/**
 * Declares tests of a file or folder of the shared data. If it is missing, `declareTests` is not called, and
 * one skipped test says why. (The body of `describe.skipIf` runs in any case, so it must not read anything.)
 */
export function describeWithSharedData(
  dataName: string,
  title: string,
  declareTests: (path: string) => void,
): void {
  const path = findSharedData(dataName);
  describe(title, () => {
    if (path !== undefined) declareTests(path);
    else it(`reads ${dataName}`, ({ skip }) => skip(`the shared data has no ${dataName} on this machine`));
  });
}
