#pragma once
#include <pybind11/pybind11.h>

namespace guanxi::python {
void bind_market_change(pybind11::module_& topic);
}  // namespace guanxi::python
