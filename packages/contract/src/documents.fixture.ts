/**
 * Documents that are accepted and refused. The contract's schemas and the client's hand-written checks run
 * through the same table, so that neither accepts what the other refuses. Data alone: the client's tests read
 * it too.
 */
export interface DocumentCase {
  readonly name: string;
  readonly document: unknown;
  /** By the contract's schema. */
  readonly accepted: boolean;
  /** By the client, if that differs: it ignores members that it does not know, and checks what fits together. */
  readonly client?: boolean;
}

const at = "2026-03-02T11:00:03.000Z";
const outcome = { rollout_id: null, unit_id: "user-7", agent: "inbox_triage", outcome_id: "req-99", at };
const long = "x".repeat(513);

const outcomeCase = (name: string, members: object, accepted: boolean): DocumentCase => ({
  name,
  document: { ...outcome, ...members },
  accepted,
});

/** Outcomes as `POST /v1/outcomes` takes them. */
export const outcomeCases: readonly DocumentCase[] = [
  outcomeCase("nothing but its unit", {}, true),
  outcomeCase("a unit that is a number", { unit_id: 42 }, false),
  outcomeCase("an empty unit", { unit_id: "" }, false),
  outcomeCase("a unit of 512 characters", { unit_id: "x".repeat(512) }, true),
  outcomeCase("a unit of 513 characters", { unit_id: long }, false),
  outcomeCase("a unit with U+0000", { unit_id: "a\u0000b" }, false),
  outcomeCase("a unit with half a surrogate pair", { unit_id: "a\ud800" }, false),
  outcomeCase("a quality of 0", { quality: 0 }, true),
  outcomeCase("a quality of 1", { quality: 1 }, true),
  outcomeCase("a quality above 1", { quality: 1.1 }, false),
  outcomeCase("a quality below 0", { quality: -0.1 }, false),
  outcomeCase("a quality that is no number", { quality: Number.NaN }, false),
  outcomeCase("a quality that is text", { quality: "0.5" }, false),
  outcomeCase("a quality that is true", { quality: true }, false),
  outcomeCase("a latency", { latency_ms: 812.5 }, true),
  outcomeCase("a negative latency", { latency_ms: -1 }, false),
  outcomeCase("an infinite latency", { latency_ms: Number.POSITIVE_INFINITY }, false),
  outcomeCase("a latency that is text", { latency_ms: "812" }, false),
  outcomeCase("a cost of 0", { cost: 0 }, true),
  outcomeCase("a negative cost", { cost: -0.01 }, false),
  outcomeCase("a success", { success: false }, true),
  outcomeCase("a success that is a number", { success: 1 }, false),
  outcomeCase("an empty outcome id", { outcome_id: "" }, false),
  outcomeCase("an outcome id of 513 characters", { outcome_id: long }, false),
  outcomeCase("an outcome id that is a number", { outcome_id: 7 }, false),
  outcomeCase("a task", { task_key: "thread-1" }, true),
  outcomeCase("a task with U+0000", { task_key: "\u0000" }, false),
  outcomeCase("a task of 513 characters", { task_key: long }, false),
  outcomeCase("a judge of 300 characters", { judge: "x".repeat(300) }, true),
  outcomeCase("a judge of 301 characters", { judge: "x".repeat(301) }, false),
];

/** Units that a decision is asked for; the client decides without a unit for what is refused. */
export const unitCases: readonly DocumentCase[] = [
  { name: "text", document: "user-7", accepted: true },
  { name: "text of 512 characters", document: "x".repeat(512), accepted: true },
  { name: "text of 513 characters", document: long, accepted: false },
  { name: "empty text", document: "", accepted: false },
  { name: "a number", document: 42, accepted: false },
  { name: "an object", document: {}, accepted: false },
  { name: "text with U+0000", document: "a\u0000", accepted: false },
  { name: "half a surrogate pair", document: "\udc00", accepted: false },
];

const logistic = {
  model_type: "LogisticRegression",
  classes: ["safe", "quarantine"],
  feature_names: ["risk"],
  scaler: { mean: [50], scale: [10] },
  coef: [[2]],
  intercept: [0],
  calibration: null,
};
const leaf = { feature: -1, threshold: 0, left: -1, right: -1, counts: [1, 0] };
const tree = {
  model_type: "DecisionTree",
  classes: ["safe", "quarantine"],
  feature_names: ["risk"],
  tree: { nodes: [{ feature: 0, threshold: 50, left: 1, right: 2, counts: [2, 1] }, leaf, leaf] },
  calibration: null,
};

/** Models as bundles and the switchboard's config hold them. */
export const modelCases: readonly DocumentCase[] = [
  { name: "a logistic regression", document: logistic, accepted: true },
  { name: "a tree", document: tree, accepted: true },
  {
    name: "a calibrated model",
    document: { ...logistic, calibration: { slope: [1], intercept: [0] } },
    accepted: true,
  },
  { name: "no document", document: null, accepted: false },
  { name: "a list", document: [logistic], accepted: false },
  { name: "an unknown type", document: { ...logistic, model_type: "Forest" }, accepted: false },
  { name: "a class that is no text", document: { ...logistic, classes: ["safe", 1] }, accepted: false },
  { name: "a coefficient that is text", document: { ...logistic, coef: [["2"]] }, accepted: false },
  {
    name: "a coefficient that is no number",
    document: { ...logistic, coef: [[Number.NaN]] },
    accepted: false,
  },
  { name: "no calibration at all", document: { ...logistic, calibration: undefined }, accepted: false },
  { name: "no scaler", document: { ...logistic, scaler: null }, accepted: false },
  { name: "no nodes", document: { ...tree, tree: {} }, accepted: false },
  {
    name: "a node whose child is no whole number",
    document: { ...tree, tree: { nodes: [{ ...tree.tree.nodes[0], left: 1.5 }, leaf, leaf] } },
    accepted: false,
  },
  { name: "one class", document: { ...logistic, classes: ["safe"] }, accepted: true, client: false },
  { name: "too few coefficients", document: { ...logistic, coef: [[]] }, accepted: true, client: false },
  {
    name: "a scale of 0",
    document: { ...logistic, scaler: { mean: [50], scale: [0] } },
    accepted: true,
    client: false,
  },
  {
    name: "a tree that loops",
    document: { ...tree, tree: { nodes: [{ ...tree.tree.nodes[0], left: 0 }, leaf, leaf] } },
    accepted: true,
    client: false,
  },
  { name: "an unknown member", document: { ...logistic, more: 1 }, accepted: false, client: true },
];

const bundle = {
  bundle_id: "b_0123456789ab",
  digest: "0123456789abcdef",
  config: {
    features: [{ name: "risk", path: "risk", kind: "number", default: 0, min: 0, max: 100 }],
    positive: "quarantine",
    model: logistic,
    thresholds: { risk_threshold: 50 },
  },
};
const config = {
  agent: "inbox_triage",
  generation: 3,
  salt: "salt-1",
  canary_basis_points: 5000,
  holdback_basis_points: 0,
  kill_switch: false,
  rollout_id: "r_1",
  active: bundle,
  canary: bundle,
  defaults: { thresholds: { risk_threshold: 65 }, label: "safe" },
  generated_at: "2026-11-23T00:00:00Z",
};

const configCase = (name: string, members: object, accepted: boolean, client = accepted): DocumentCase => ({
  name,
  document: { ...config, ...members },
  accepted,
  client,
});

/** Configs as `GET /v1/agents/{agent}/switchboard` answers them. */
export const configCases: readonly DocumentCase[] = [
  configCase("a canary", {}, true),
  configCase(
    "no bundle yet",
    { canary_basis_points: 0, rollout_id: null, salt: "", active: null, canary: null },
    true,
  ),
  configCase("a holdback", { holdback: bundle }, true),
  configCase("a holdback of null", { holdback: null }, true),
  configCase("defaults without a label", { defaults: { thresholds: {} } }, true),
  configCase("an agent that is a number", { agent: 1 }, false),
  configCase("a generation that is no whole number", { generation: 1.5 }, false),
  configCase("a negative generation", { generation: -1 }, false),
  configCase("a salt that is null", { salt: null }, false),
  configCase("more than all units", { canary_basis_points: 10_001 }, false),
  configCase("a kill switch that is text", { kill_switch: "on" }, false),
  configCase("a rollout that is a number", { rollout_id: 7 }, false),
  configCase("a bundle that is a list", { active: [] }, false),
  configCase("a bundle without a digest", { active: { ...bundle, digest: undefined } }, false),
  configCase("no defaults", { defaults: undefined }, false),
  configCase("a default that is text", { defaults: { thresholds: { risk_threshold: "65" } } }, false),
  configCase(
    "a default that is no number",
    { defaults: { thresholds: { risk_threshold: Number.NaN } } },
    false,
  ),
  configCase("no time", { generated_at: undefined }, false),
  configCase("a share without a bundle to serve", { canary: null }, true, false),
  configCase("a share without a rollout", { rollout_id: null }, true, false),
  configCase("an empty agent", { agent: "" }, true, false),
  configCase("an unknown member", { more: 1 }, false, true),
];
