"""Reference values for the trainer's tests, from scikit-learn (Debian: python3-sklearn).

    /usr/bin/python3 scripts/trainer-reference.py > packages/server/src/numerics/reference-values.json

The tables are those of packages/server/src/numerics/reference-table.fixture.ts; spambase is read from
../shared/data, or from the folder that RELEARN_SHARED_DATA names.
"""
import json
import os
import warnings

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier


def reference_table(rows, width, classes, seed):
    state = seed

    def uniform():
        nonlocal state
        state = state * 16807 % 2147483647
        return state / 2147483647

    x = np.zeros((rows, width))
    y = np.zeros(rows, dtype=int)
    weights = np.zeros(rows)
    for row in range(rows):
        t = 0.0
        for column in range(width):
            u = uniform() - 0.5
            t += ((column % 3) - 1) * 2 * u
            x[row, column] = np.float32(np.floor(u * 1e5) / 1e5 * 10.0 ** (column % 5) + column)
        t += 1.5 * (uniform() - 0.5)
        y[row] = min(classes - 1, max(0, int(np.floor((t + 1) / 2 * classes))))
        weights[row] = ((row % 5) + 1) / 5
    return x, y, weights


def logistic(rows, width, classes, seed, weighted=False):
    x, y, weights = reference_table(rows, width, classes, seed)
    return {"table": [rows, width, classes, seed], "weighted": weighted,
            **fit_logistic(x, y, weights if weighted else None)}


def fit_logistic(x, y, weights):
    classes = len(set(y))
    scaled = StandardScaler().fit_transform(x)
    solver = "newton-cholesky" if classes == 2 else "newton-cg"
    model = LogisticRegression(C=1, tol=1e-10, solver=solver, max_iter=10000)
    model.fit(scaled, y, sample_weight=weights)
    p = model.predict_proba(scaled)
    return {"coef": model.coef_.tolist(), "intercept": model.intercept_.tolist(), "log_loss": log_loss(y, p)}


def tree(rows, width, classes, seed, weighted=False):
    x, y, weights = reference_table(rows, width, classes, seed)
    return {"table": [rows, width, classes, seed], "weighted": weighted,
            **fit_tree(x, y, weights if weighted else None)}


def fit_tree(x, y, weights):
    model = DecisionTreeClassifier(max_depth=5, random_state=0)
    model.fit(x, y, sample_weight=weights)
    t = model.tree_
    leaf = t.children_left < 0
    impurity = float((t.impurity * t.weighted_n_node_samples)[leaf].sum() / t.weighted_n_node_samples[0])
    return {"impurity": impurity, "accuracy": model.score(x, y), "nodes": int(t.node_count),
            "root_feature": int(t.feature[0]), "root_threshold": float(t.threshold[0]),
            "importances": model.feature_importances_.tolist()}


def spambase():
    folder = os.environ.get("RELEARN_SHARED_DATA", "../shared/data")
    table = np.genfromtxt(os.path.join(folder, "spambase", "spambase.csv"), delimiter=",", skip_header=1)
    return table[:, :-1], table[:, -1].astype(int)


# At tol = 1e-10 the solvers stop at the limit of rounding, with a warning.
warnings.filterwarnings("ignore")
print(json.dumps({
    "logistic": [
        logistic(60, 4, 2, 11),
        logistic(60, 4, 2, 11, weighted=True),
        logistic(90, 3, 3, 12),
        logistic(200, 6, 5, 13, weighted=True),
        logistic(30000, 25, 2, 14),
        logistic(12000, 8, 3, 15),
    ],
    "tree": [
        tree(400, 5, 2, 21),
        tree(500, 6, 4, 22, weighted=True),
        tree(20000, 4, 2, 23),
    ],
    "spambase": {"logistic": fit_logistic(*spambase(), None), "tree": fit_tree(*spambase(), None)},
}, indent=1))
