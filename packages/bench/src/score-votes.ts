/**
 * Uncertainty of many tasks at once, on arrays.
 *
 * Few judges have few combinations of votes (five judges and two classes: 243), so each combination is scored once and
 * each task is a look-up. With more combinations than the limit each task is computed.
 */
import type { PanelModel } from "@relearn/contract";
import { createPanelPredictor } from "../../server/src/judges/panel-model.ts";
import type { PanelTable } from "../../server/src/judges/panel-table.ts";
import { computeErrorProbability } from "../../server/src/sampling/query-strategy.ts";

/** A table of half a megabyte; look-ups in a larger one miss the cache and are not faster. */
const MAX_COMBINATIONS = 65_536;

/**
 * Writes P(the most probable class is wrong) of each row into `scores`. `votes`: rows x judges of the model, the number
 * of the class or -1. Supports every method that reads only votes; `specification` also reads confidences.
 */
export function scoreVotes(
  model: Exclude<PanelModel, { method: "specification" }>,
  votes: Int8Array | Int16Array,
  scores: Float64Array,
): void {
  const judges = model.judges.length;
  const answers = model.classes.length + 1;
  if (answers ** judges <= MAX_COMBINATIONS) {
    lookUp(votes, judges, answers, scoreCombinations(model), scores);
  } else {
    const table = createVotesTable(model, Int16Array.from(votes), scores.length);
    scoreRows(model, table, scores);
  }
}

/** Looks up each row by its combination: the number in base `answers` with an abstention as 0. */
function lookUp(
  votes: Int8Array | Int16Array,
  judges: number,
  answers: number,
  combinations: Float64Array,
  scores: Float64Array,
): void {
  let cell = 0;
  for (let row = 0; row < scores.length; row++) {
    let combination = 0;
    for (let judge = 0; judge < judges; judge++) combination = combination * answers + votes[cell++]! + 1;
    scores[row] = combinations[combination]!;
  }
}

function scoreCombinations(model: PanelModel): Float64Array {
  const judges = model.judges.length;
  const answers = model.classes.length + 1;
  const count = answers ** judges;
  const votes = new Int16Array(count * judges);
  for (let combination = 0; combination < count; combination++) {
    let rest = combination;
    for (let judge = judges - 1; judge >= 0; judge--) {
      votes[combination * judges + judge] = (rest % answers) - 1;
      rest = Math.floor(rest / answers);
    }
  }
  const scores = new Float64Array(count);
  scoreRows(model, createVotesTable(model, votes, count), scores);
  return scores;
}

function scoreRows(model: PanelModel, table: PanelTable, scores: Float64Array): void {
  const predict = createPanelPredictor(model, table);
  const probabilities = new Float64Array(model.classes.length);
  for (let row = 0; row < scores.length; row++) {
    predict(row, probabilities);
    scores[row] = computeErrorProbability(probabilities);
  }
}

function createVotesTable(model: PanelModel, votes: Int16Array, rows: number): PanelTable {
  const { judges, classes } = model;
  return {
    judges,
    classes,
    rows,
    verdicts: votes,
    votes,
    confidences: new Float64Array(0),
    labels: new Int16Array(0),
    groups: new Int32Array(0),
  };
}
