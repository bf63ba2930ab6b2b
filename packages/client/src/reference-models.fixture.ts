/**
 * Three models with what scikit-learn answers for three rows, for the tests of scoring and explaining.
 * Made by (python3 with scikit-learn):
 *
 *   rng = np.random.RandomState(7)
 *   X = np.round(rng.normal(size=(60, 3)) * [10, 1, 3] + [50, 0, 2], 2)
 *   y2 = (X[:, 0] / 10 + X[:, 1] + rng.normal(size=60) > 5).astype(int)
 *   y3 = np.digitize(X[:, 0] + 3 * X[:, 2] + rng.normal(size=60) * 5, [50, 60])
 *   sc = StandardScaler().fit(X)
 *   LogisticRegression(C=1, tol=1e-10, solver="newton-cg").fit(sc.transform(X), y2)   # and y3
 *   DecisionTreeClassifier(max_depth=3, random_state=0).fit(X, y3)
 */
import type { LogisticModelDocument, TreeModelDocument, TreeNodeDocument } from "./bundle-document.ts";

export const rows = [
  [50, 0, 2],
  [71.5, -1.2, 0.3],
  [12, 3, 9],
].map((row) => Float64Array.from(row));

const feature_names = ["x0", "x1", "x2"];
const scaler = {
  mean: [49.55449999999998, -0.21933333333333335, 2.5349999999999997],
  scale: [9.832260239470203, 0.9445508044685698, 2.8671661386579377],
};

export const binary: LogisticModelDocument = {
  model_type: "LogisticRegression",
  classes: ["safe", "quarantine"],
  feature_names,
  scaler,
  coef: [[1.654254153167297, 1.6228620081830716, 0.5056271573158293]],
  intercept: [-0.13564374214623595],
  calibration: null,
};
export const binaryProbabilities = [
  [0.4447746644093401, 0.5552253355906599],
  [0.18579383418243312, 0.8142061658175669],
  [0.4459009936285474, 0.5540990063714526],
];

export const multinomial: LogisticModelDocument = {
  ...binary,
  classes: ["low", "medium", "high"],
  coef: [
    [-1.5516499118306395, 0.12119960826698192, -1.8398444968675494],
    [-0.06883838607228007, -0.1628497759315633, 0.18412280217844024],
    [1.6204882979029185, 0.04165016766458149, 1.6557216946891082],
  ],
  intercept: [-0.9775895089667314, 0.5563792557036688, 0.4212102532630626],
};
export const multinomialProbabilities = [
  [0.15213089170898972, 0.4840917404896324, 0.3637773678013778],
  [0.002639601263391019, 0.09288971058596607, 0.9044706881506428],
  [0.6131296996231472, 0.35942631837094274, 0.027443982005910004],
];
export const multinomialLabels = ["medium", "high", "low"];

const node = (
  feature: number,
  threshold: number,
  left: number,
  right: number,
  counts: number[],
): TreeNodeDocument => ({ feature, threshold, left, right, counts });
const leaf = (counts: number[]): TreeNodeDocument => node(-1, 0, -1, -1, counts);

export const tree: TreeModelDocument = {
  model_type: "DecisionTree",
  classes: ["low", "medium", "high"],
  feature_names,
  tree: {
    nodes: [
      node(2, 1.2249999642372131, 1, 6, [16, 16, 28]),
      node(0, 49.114999771118164, 2, 3, [14, 4, 3]),
      leaf([12, 0, 0]),
      node(0, 62.96999931335449, 4, 5, [2, 4, 3]),
      leaf([2, 4, 0]),
      leaf([0, 0, 3]),
      node(0, 52.529998779296875, 7, 10, [2, 12, 25]),
      node(2, 4.085000038146973, 8, 9, [2, 11, 9]),
      leaf([2, 8, 1]),
      leaf([0, 3, 8]),
      node(2, 2.0549999475479126, 11, 12, [0, 1, 16]),
      leaf([0, 1, 3]),
      leaf([0, 0, 13]),
    ],
  },
  calibration: null,
};
export const treeProbabilities = [
  [0.18181818181818182, 0.7272727272727273, 0.09090909090909091],
  [0, 0, 1],
  [0, 0.2727272727272727, 0.7272727272727273],
];
export const treeLabels = ["medium", "high", "high"];
