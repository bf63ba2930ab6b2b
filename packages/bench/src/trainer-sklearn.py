"""The scikit-learn side of trainer.ts: loads a table and fits it on each request, one JSON object per line.

Times the fit of a table in memory on one thread, standardising and scikit-learn's own copies included.
Requests: {"load": {...}} and {"fit": "logistic" | "tree"}.
"""
import json
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

warnings.filterwarnings("ignore")
x = y = None
for line in sys.stdin:
    request = json.loads(line)
    if "load" in request:
        load = request["load"]
        with open(load["path"], "rb") as file:
            x = np.fromfile(file, dtype=np.float64, count=load["rows"] * load["width"])
            x = x.reshape(load["rows"], load["width"])
            y = np.fromfile(file, dtype=np.uint16, count=load["rows"])
        print(json.dumps({"version": sklearn.__version__}), flush=True)
        continue
    start = time.process_time()
    for _ in range(request["fits"]):
        if request["fit"] == "logistic":
            LogisticRegression(C=1, max_iter=1000).fit(StandardScaler().fit_transform(x), y)
        else:
            DecisionTreeClassifier(max_depth=5, random_state=0).fit(x, y)
    print(json.dumps({"ms": 1000 * (time.process_time() - start) / request["fits"]}), flush=True)
