/**
 * Panels of judges whose errors are independent given the class (two-coin, naive Bayes), and the single best judge.
 *
 * P(verdict | class) of a judge is its smoothed count: two pseudo-labels for agreement and one spread over the
 * other classes, so that a judge without labels is right with probability 2/3. Dawid and Skene, 1979, with the
 * classes known; the judge model of Raykar et al., "Learning from crowds", 2010.
 *
 * Language models share their errors, so the product over judges is overconfident. A temperature divides its
 * log-odds. It minimises the leave-one-out log-loss on the labels plus a prior that expects half of each judge's
 * error to be shared (design effect (J + 1)/2).
 */
import type { ConfusionPanelModel } from "@relearn/contract";
import { countLabelsByClass, type VotePatterns } from "./vote-patterns.ts";

const AGREEING_PSEUDO_COUNT = 2;
const ERRING_PSEUDO_COUNT = 1;
/** Standard deviation of the prior of ln β: about a factor of two either way. */
const LOG_TEMPERATURE_SPREAD = 0.7;
/** Candidates for β from 1/20 to 1, evenly spaced in ln β. */
const INVERSE_TEMPERATURES = Array.from({ length: 31 }, (_, index) => 20 ** (index / 30 - 1));

/**
 * Fits the two-coin panel: a confusion matrix per judge, and one temperature.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const panel = fitTwoCoinPanel(countVotePatterns(panelTable(tasks), [0, 1, 2, 3]));
 * panel.confusion.ann // [[0.8, 0.2], [0.2, 0.8]]  (class x verdict)
 * predictPanel(panel, { ann: { verdict: "spam" }, bob: { verdict: "ham" } }) // { ham: 0.291602, spam: 0.708398 }
 */
export function fitTwoCoinPanel(patterns: VotePatterns): ConfusionPanelModel {
  return {
    method: "two_coin",
    ...toCommonFields(patterns),
    confusion: Object.fromEntries(
      patterns.judges.map((judge, index) => [judge, computeConfusion(patterns, index)]),
    ),
    inverse_temperature: fitInverseTemperature(patterns),
  };
}

/**
 * Fits a panel of the one judge that agreed with the labels most often; the first by name among equals. An
 * abstention counts as a random guess.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const panel = fitBestJudge(countVotePatterns(panelTable(tasks), [0, 1, 2, 3]));
 * panel.confusion // { ann: [[0.8, 0.2], [0.2, 0.8]] }
 */
export function fitBestJudge(patterns: VotePatterns): ConfusionPanelModel {
  const { judges, votes, counts } = patterns;
  const classCount = patterns.classes.length;
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  for (let judge = 0; judge < judges.length; judge++) {
    let score = 0;
    for (let row = 0; row < patterns.patterns; row++) {
      const vote = votes[row * judges.length + judge]!;
      for (let k = 0; k < classCount; k++) {
        const credit = vote < 0 ? 1 / classCount : vote === k ? 1 : 0;
        score += credit * counts[row * classCount + k]!;
      }
    }
    if (score > bestScore + 1e-9) {
      best = judge;
      bestScore = score;
    }
  }
  const name = judges[best];
  return {
    method: "best_judge",
    ...toCommonFields(patterns),
    confusion: name === undefined ? {} : { [name]: computeConfusion(patterns, best) },
    inverse_temperature: 1,
  };
}

function toCommonFields(patterns: VotePatterns) {
  const totals = countLabelsByClass(patterns);
  const sum = patterns.total + totals.length;
  return {
    judges: patterns.judges,
    classes: patterns.classes,
    labels: patterns.total,
    class_probabilities: Array.from(totals, (total) => (total + 1) / sum),
  };
}

/** Computes the smoothed P(verdict | class) of one judge over the labels on which it voted. */
function computeConfusion(patterns: VotePatterns, judge: number): number[][] {
  const classCount = patterns.classes.length;
  const counts = countVotes(patterns, judge);
  return Array.from({ length: classCount }, (_, k) => {
    let total = 0;
    for (let verdict = 0; verdict < classCount; verdict++) total += counts[k * classCount + verdict]!;
    return Array.from({ length: classCount }, (_unused, verdict) =>
      smooth(counts[k * classCount + verdict]!, total, k === verdict, classCount),
    );
  });
}

function smooth(count: number, total: number, agreeing: boolean, classCount: number): number {
  const pseudo = agreeing ? AGREEING_PSEUDO_COUNT : ERRING_PSEUDO_COUNT / (classCount - 1);
  return (count + pseudo) / (total + AGREEING_PSEUDO_COUNT + ERRING_PSEUDO_COUNT);
}

/** Counts labels by class (row) and the judge's vote (column): classes x classes. */
function countVotes(patterns: VotePatterns, judge: number): Float64Array {
  const classCount = patterns.classes.length;
  const table = new Float64Array(classCount * classCount);
  for (let row = 0; row < patterns.patterns; row++) {
    const vote = patterns.votes[row * patterns.judges.length + judge]!;
    if (vote < 0) continue;
    for (let k = 0; k < classCount; k++) {
      table[k * classCount + vote]! += patterns.counts[row * classCount + k]!;
    }
  }
  return table;
}

/** Predicts each label from the counts without that label. Counts are additive, so each β takes one pass. */
function fitInverseTemperature(patterns: VotePatterns): number {
  const { votes, counts } = patterns;
  const judgeCount = patterns.judges.length;
  const classCount = patterns.classes.length;
  const tables = patterns.judges.map((_, judge) => countVotes(patterns, judge));
  const totals = countLabelsByClass(patterns);
  const expected = Math.log(2 / (judgeCount + 1));

  // Log posterior of every class, not normalised, for each pattern and each label held out once.
  const heldOut: { weight: number; label: number; score: Float64Array }[] = [];
  for (let row = 0; row < patterns.patterns; row++) {
    for (let label = 0; label < classCount; label++) {
      const weight = counts[row * classCount + label]!;
      if (weight === 0) continue;
      const held = Math.min(1, weight);
      const score = new Float64Array(classCount);
      for (let k = 0; k < classCount; k++) {
        const removed = k === label ? held : 0;
        score[k] = Math.log(totals[k]! - removed + 1);
        for (let judge = 0; judge < judgeCount; judge++) {
          const vote = votes[row * judgeCount + judge]!;
          if (vote < 0) continue;
          const table = tables[judge]!;
          let total = -removed;
          for (let verdict = 0; verdict < classCount; verdict++) total += table[k * classCount + verdict]!;
          score[k]! += Math.log(
            smooth(table[k * classCount + vote]! - removed, total, k === vote, classCount),
          );
        }
      }
      heldOut.push({ weight, label, score });
    }
  }

  let best = 1;
  let least = Number.POSITIVE_INFINITY;
  for (const beta of INVERSE_TEMPERATURES) {
    let loss = 0.5 * ((Math.log(beta) - expected) / LOG_TEMPERATURE_SPREAD) ** 2;
    for (const { weight, label, score } of heldOut) {
      let highest = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classCount; k++) highest = Math.max(highest, beta * score[k]!);
      let sum = 0;
      for (let k = 0; k < classCount; k++) sum += Math.exp(beta * score[k]! - highest);
      loss += weight * (highest + Math.log(sum) - beta * score[label]!);
    }
    if (loss < least) {
      least = loss;
      best = beta;
    }
  }
  return best;
}
