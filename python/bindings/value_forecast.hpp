#pragma once
#include "columns.hpp"

#include <span>
#include <utility>
#include <vector>

#include <guanxi/value/purchase_intervals.hpp>

namespace guanxi::python {

/// A forecast as (columns, total, low, high).
inline py::tuple to_python(value::purchase_forecast&& f) {
  py::dict out;
  out["p_alive"] = give(std::move(f.p_alive));
  out["p_alive_low"] = give(std::move(f.p_alive_low));
  out["p_alive_high"] = give(std::move(f.p_alive_high));
  out["p_none"] = give(std::move(f.p_none));
  out["purchases"] = give(std::move(f.purchases));
  out["purchases_error"] = give(std::move(f.purchases_error));
  out["purchases_low"] = give(std::move(f.purchases_low));
  out["purchases_high"] = give(std::move(f.purchases_high));
  out["count_low"] = give(std::move(f.count_low));
  out["count_high"] = give(std::move(f.count_high));
  return py::make_tuple(out, f.total, f.total_low, f.total_high);
}

/// A new column that `body` fills without the lock.
template <class Body>
py::array_t<double> column_of(std::size_t n, Body&& body) {
  std::vector<double> out(n);
  {
    py::gil_scoped_release free;
    body(std::span<double>(out));
  }
  return give(std::move(out));
}

}  // namespace guanxi::python
