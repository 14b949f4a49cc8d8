#pragma once
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <guanxi/value/fit_result.hpp>

namespace guanxi::python {

/// What a fit gives, as a dict of plain values.
inline pybind11::dict to_python(const value::fit_result& r) {
  using namespace pybind11::literals;
  return pybind11::dict("names"_a = r.names, "params"_a = r.params, "standard_errors"_a = r.standard_errors, "covariance"_a = r.covariance,
                        "log_likelihood"_a = r.log_likelihood, "customers"_a = r.customers, "gradient_norm"_a = r.gradient_norm,
                        "condition"_a = r.condition, "passes"_a = r.passes, "converged"_a = r.converged, "status"_a = r.status);
}

}  // namespace guanxi::python
