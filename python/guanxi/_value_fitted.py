"""What every fitted model of customer value says of itself."""

from __future__ import annotations

import html
import math
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def _number(value: float) -> str:
    return "not known" if math.isnan(value) else f"{value:.4g}"


class Fitted:
    """What every fitted model says of itself."""

    params_: dict[str, float]
    standard_errors_: dict[str, float]
    covariance_: Floats
    log_likelihood_: float
    status_: str
    passes_: int
    converged_: bool
    gradient_norm_: float
    condition_: float
    customers_: float

    def _take(self, result: dict[str, Any]) -> None:
        names = result["names"]
        self.params_ = dict(zip(names, result["params"], strict=True))
        self.standard_errors_ = dict(zip(names, result["standard_errors"] or [math.nan] * len(names), strict=True))
        self.covariance_ = np.array(result["covariance"], dtype=np.float64)
        self.log_likelihood_ = float(result["log_likelihood"])
        self.status_ = str(result["status"])
        self.passes_ = int(result["passes"])
        self.converged_ = bool(result["converged"])
        self.gradient_norm_ = float(result["gradient_norm"])
        self.condition_ = float(result["condition"])
        self.customers_ = float(result["customers"])

    @property
    def aic_(self) -> float:
        """Akaike's criterion: 2 parameters - 2 log-likelihood."""
        return 2.0 * len(self.params_) - 2.0 * self.log_likelihood_

    @property
    def bic_(self) -> float:
        """Schwarz's criterion: ln(customers) parameters - 2 log-likelihood."""
        return math.log(self.customers_) * len(self.params_) - 2.0 * self.log_likelihood_

    def __repr__(self) -> str:
        name = type(self).__name__
        if not hasattr(self, "params_"):
            return f"{name}: not fitted"
        lines = [f"{name}: {self.status_}"]
        lines += [f"  {key:<6} {value:>12.5g}  +- {_number(self.standard_errors_[key])}" for key, value in self.params_.items()]
        if not math.isnan(self.log_likelihood_):
            lines.append(f"  log-likelihood {self.log_likelihood_:.2f} on {self.customers_:,.0f} customers")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not hasattr(self, "params_"):
            return html.escape(repr(self))
        rows = "".join(f"<tr><td>{key}</td><td>{value:.5g}</td><td>{_number(self.standard_errors_[key])}</td></tr>"
                       for key, value in self.params_.items())
        head = f"<caption>{type(self).__name__}: {html.escape(self.status_)}</caption><tr><th>parameter</th><th>value</th><th>error</th></tr>"
        return f"<table>{head}{rows}</table>"
