import { describe, it } from "vitest";
import { findSharedData } from "./shared-data.ts";

/**
 * Declares tests of a file or folder of the shared data. If it is missing, `declareTests` is not called, and one test
 * is skipped with the reason. (`describe.skipIf` always runs its body, which would read the data.)
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
