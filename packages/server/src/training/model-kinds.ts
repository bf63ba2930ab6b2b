import type { ModelDocument } from "@relearn/client";
import { RelearnError } from "../errors.ts";
import { logisticModel } from "./logistic-model.ts";
import type { ModelKind } from "./model-kind.ts";
import { treeModel } from "./tree-model.ts";

/** Every kind of model by its name in commands and requests, simplest first. */
export const modelKinds = { logistic: logisticModel, tree: treeModel } as const satisfies Record<
  string,
  ModelKind
>;

export type ModelKindName = keyof typeof modelKinds;

export const MODEL_KIND_NAMES = Object.keys(modelKinds) as readonly ModelKindName[];

/**
 * Finds the kind that a bundle's model is of. Throws `internal` if there is none.
 *
 * @example
 * findModelKind("DecisionTree") === modelKinds.tree // true
 */
export function findModelKind(modelType: ModelDocument["model_type"]): ModelKind {
  const found = Object.values(modelKinds).find((kind) => kind.modelType === modelType);
  if (found === undefined) throw new RelearnError("internal", `No kind of model makes a ${modelType}.`);
  return found;
}
