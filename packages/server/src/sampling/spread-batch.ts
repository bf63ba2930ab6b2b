/** Selection of a batch without twins, spread over the features. */

import { prepareFeatures } from "@relearn/client";
import type { AgentDefinition, CandidateMethod } from "@relearn/contract";
import type { Random } from "../numerics/random.ts";
import { fitScaler } from "../numerics/scaler.ts";
import type { CandidateRow } from "./sampling-store.ts";
import { type BatchCandidate, startBatchSelection } from "./select-batch.ts";

export interface Measured extends BatchCandidate {
  readonly row: CandidateRow;
  readonly uncertainty: number;
  readonly method: CandidateMethod;
  readonly reviewValue: number | null;
}

export type Chosen = Omit<Measured, "task_key" | "value"> & { readonly twins: readonly string[] };

/** Selects `options.size` candidates without twins, spread over the features, which are standardised by `sample`. */
export function spreadBatch(
  definition: AgentDefinition,
  candidates: readonly Measured[],
  sample: readonly CandidateRow[],
  options: { readonly size: number; readonly coldStart: boolean; readonly random: Random },
): Chosen[] {
  const standardise = createStandardiser(definition, sample);
  const selection = startBatchSelection<Measured>({
    ...options,
    controlShare: 0,
    minValue: Number.NEGATIVE_INFINITY,
  });
  for (const one of candidates) {
    const features = standardise(one.row.payload);
    selection.offer(features === undefined ? one : { ...one, features });
  }
  return selection.batch().map(({ candidate, twins }) => ({ ...candidate, twins }));
}

function createStandardiser(
  definition: AgentDefinition,
  sample: readonly CandidateRow[],
): (payload: unknown) => Float64Array | undefined {
  const extractor = prepareFeatures(definition.features);
  const width = definition.features.length;
  const columns = definition.features.map(() => new Float64Array(sample.length));
  const values = new Float64Array(width);
  sample.forEach((row, index) => {
    extractor.extractInto(row.payload, values);
    for (let column = 0; column < width; column++) columns[column]![index] = values[column]!;
  });
  const { mean, scale } = fitScaler({ rows: sample.length, columns });
  return (payload) => {
    const features = new Float64Array(width);
    if (extractor.extractInto(payload, features) === 0) return undefined;
    return features.map((value, column) => (value - mean[column]!) / scale[column]!);
  };
}
