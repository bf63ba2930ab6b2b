"""Python equivalent of `relearn fit FILE --label y --no-evaluate --json`."""
import json
import sys

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

table = np.genfromtxt(sys.argv[1], delimiter=",", skip_header=1)
scaler = StandardScaler()
model = LogisticRegression(C=1, max_iter=1000).fit(scaler.fit_transform(table[:, :-1]), table[:, -1])
print(json.dumps({"coef": model.coef_.tolist(), "intercept": model.intercept_.tolist(),
                  "mean": scaler.mean_.tolist(), "scale": scaler.scale_.tolist()}))
