import { expect, it } from "vitest";
import { confusionMatrix, precisionAndRecall } from "./confusion-matrix.ts";

it("counts labels by prediction, and leaves a quotient without rows open", () => {
  const matrix = confusionMatrix(Uint16Array.of(0, 0, 1, 1, 1), Uint16Array.of(0, 1, 1, 1, 0), 3);
  expect(matrix).toEqual([
    [1, 1, 0],
    [1, 2, 0],
    [0, 0, 0],
  ]);
  // sklearn.metrics.precision_recall_fscore_support([0,0,1,1,1], [0,1,1,1,0]): .5 .667, .5 .667, 2 3
  expect(precisionAndRecall(matrix)).toEqual([
    { precision: 1 / 2, recall: 1 / 2, support: 2 },
    { precision: 2 / 3, recall: 2 / 3, support: 3 },
    { precision: null, recall: null, support: 0 },
  ]);
});
