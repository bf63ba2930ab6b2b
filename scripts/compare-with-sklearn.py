"""Runs scikit-learn for scripts/compare-with-sklearn.ts: reads one JSON request per line, writes one answer per line."""
import json
import sys
import warnings

import numpy as np
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

# At tol = 1e-10 the solvers stop at the limit of rounding, with a warning.
warnings.filterwarnings("ignore")


def read_table(request):
    rows, width = request["rows"], request["width"]
    with open(request["path"], "rb") as file:
        x = np.fromfile(file, dtype=np.float64, count=rows * width).reshape(width, rows).T
        weights = np.fromfile(file, dtype=np.float64, count=rows)
        y = np.fromfile(file, dtype=np.uint16, count=rows).astype(int)
    return np.ascontiguousarray(x), y, weights if request["weighted"] else None


def gradient_norm(x, y, weights, classes, coef, intercept):
    """Computes the largest slope of the objective, which bounds the distance to the optimum (curvature at least 1)."""
    s = np.ones(len(y)) if weights is None else weights
    if classes == 2:
        p = 1 / (1 + np.exp(-np.clip(x @ coef[0] + intercept[0], -700, 700)))
        residual = (s * (p - y))[:, None]
    else:
        p = softmax(x @ coef.T + intercept, axis=1)
        p[np.arange(len(y)), y] -= 1
        residual = p * s[:, None]
    return float(max(np.abs(residual.T @ x + coef).max(), np.abs(residual.sum(axis=0)).max()))


def compare_logistic(request):
    x, y, weights = read_table(request)
    classes = request["classes"]
    z = StandardScaler().fit_transform(x)
    solver = "newton-cholesky" if classes == 2 else "newton-cg"
    model = LogisticRegression(C=1, tol=1e-10, solver=solver, max_iter=1000).fit(z, y, sample_weight=weights)
    coef, intercept = np.array(request["coef"]), np.array(request["intercept"])
    theirs = model.intercept_ - (model.intercept_.mean() if classes > 2 else 0)
    return {
        "difference": float(max(np.abs(coef - model.coef_).max(), np.abs(intercept - theirs).max())),
        "our_slope": gradient_norm(z, y, weights, classes, coef, intercept),
        "their_slope": gradient_norm(z, y, weights, classes, model.coef_, theirs),
    }


def weighted_impurity(y, weights, classes):
    counts = np.bincount(y, weights=weights, minlength=classes)
    total = counts.sum()
    return 0.0 if total == 0 else float(total - (counts**2).sum() / total)


def first_difference(x, y, weights, classes, ours, theirs):
    """Walks both trees and returns, for the first node at which they differ, the remaining impurity of each split."""
    stack = [(0, 0, np.arange(len(y)))]
    while stack:
        a, b, rows = stack.pop(0)
        node = ours[a]
        feature = int(theirs.feature[b])
        if node["feature"] < 0 and feature < 0:
            continue
        if node["feature"] < 0 and len(set(y[rows])) == 1:
            # By rounding in its sums of weights, scikit-learn can see an impurity of about 1e-16 in a pure node and split it.
            continue
        if node["feature"] < 0 or feature < 0:
            return "unexplained", f"node {a} is a leaf in one of them"
        ours_left = x[rows, node["feature"]] <= node["threshold"]
        theirs_left = x[rows, feature] <= theirs.threshold[b]
        if not np.array_equal(ours_left, theirs_left):
            here = x[rows], y[rows], weights[rows], classes
            left = [split_impurity(*here, node["feature"], node["threshold"]),
                    split_impurity(*here, feature, theirs.threshold[b])]
            if abs(left[0] - left[1]) <= 1e-9 * max(1.0, weights[rows].sum()):
                return "tie", None
            return "unexplained", f"node {a}: impurity {left[0]} against {left[1]}"
        stack.append((node["left"], int(theirs.children_left[b]), rows[ours_left]))
        stack.append((node["right"], int(theirs.children_right[b]), rows[~ours_left]))
    return "same", None


def split_impurity(x, y, weights, classes, feature, threshold):
    left = x[:, feature] <= threshold
    return sum(weighted_impurity(y[side], weights[side], classes) for side in (left, ~left))


def worse_split(x, y, weights, classes, ours):
    """Returns the first node of our tree at which scikit-learn finds a better split of the same rows, or None."""
    stack = [(0, 0, np.arange(len(y)))]
    while stack:
        at, depth, rows = stack.pop()
        node = ours[at]
        if len(set(y[rows])) == 1 or depth == 5:
            continue
        stump = DecisionTreeClassifier(max_depth=1).fit(x[rows], y[rows], sample_weight=weights[rows]).tree_
        if node["feature"] < 0:
            if stump.feature[0] >= 0:
                return f"node {at} could be split"
            continue
        here = x[rows], y[rows], weights[rows], classes
        left = split_impurity(*here, node["feature"], node["threshold"])
        best = split_impurity(*here, stump.feature[0], stump.threshold[0]) if stump.feature[0] >= 0 else left
        if left > best + 1e-9 * max(1.0, weights[rows].sum()):
            return f"node {at}: impurity {left} against {best}"
        goes_left = x[rows, node["feature"]] <= node["threshold"]
        stack.append((node["left"], depth + 1, rows[goes_left]))
        stack.append((node["right"], depth + 1, rows[~goes_left]))
    return None


def compare_tree(request):
    x, y, weights = read_table(request)
    classes = request["classes"]
    model = DecisionTreeClassifier(max_depth=5, random_state=request["state"]).fit(x, y, sample_weight=weights)
    tree = model.tree_
    leaf = tree.children_left < 0
    total = tree.weighted_n_node_samples[0]
    impurity = float((tree.impurity * tree.weighted_n_node_samples)[leaf].sum() / total)
    accuracy = float(model.score(x, y))
    same = abs(impurity - request["impurity"]) < 1e-9 and abs(accuracy - request["accuracy"]) < 1e-12
    s = np.ones(len(y)) if weights is None else weights
    verdict, why = first_difference(x, y, s, classes, request["nodes"], tree)
    if verdict == "same" and not same:
        verdict, why = "unexplained", f"impurity {request['impurity']} against {impurity}"
    if verdict == "tie":
        # Below a tie the nodes have other rows, so each split is compared with the best one for its own rows.
        why = worse_split(x, y, s, classes, request["nodes"])
        verdict = "tie" if why is None else "unexplained"
    return {"same_figures": bool(same), "verdict": verdict, "why": why}


for line in sys.stdin:
    request = json.loads(line)
    answer = compare_logistic(request) if request["kind"] == "logistic" else compare_tree(request)
    print(json.dumps(answer), flush=True)
