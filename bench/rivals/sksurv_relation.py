"""Cox against scikit-survival, which like ours goes to the top of the likelihood."""

from __future__ import annotations

import numpy as np
import sksurv
from guanxi import relation
from harness import Row, race
from lifelines_relation import customers
from sksurv.linear_model import CoxPHSurvivalAnalysis


def measure() -> list[Row]:
    x, t, e = customers(20_000)
    y = np.array(list(zip(e, t, strict=True)), dtype=[("event", bool), ("time", float)])
    theirs = CoxPHSurvivalAnalysis(ties="efron", tol=1e-12)
    if not np.allclose(relation.Cox().fit(x, t, e).coef_, theirs.fit(x, y).coef_, atol=1e-8):
        raise AssertionError("the coefficients differ")
    a, b = race(lambda: relation.Cox().fit(x, t, e), lambda: theirs.fit(x, y), 1)
    return [Row("Cox, Efron, five covariates, 20,000 customers", f"scikit-survival {sksurv.__version__}", a, b, 20)]
