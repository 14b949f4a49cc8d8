#pragma once
#include <pybind11/pybind11.h>

namespace guanxi::python {
void bind_base(pybind11::module_& m);
void bind_ledger(pybind11::module_& m);
void bind_simulate(pybind11::module_& m);
void bind_value(pybind11::module_& m);
void bind_value_discrete(pybind11::module_& topic);
void bind_value_customer(pybind11::module_& topic);
void bind_value_next(pybind11::module_& topic);
void bind_value_family(pybind11::module_& topic);
void bind_value_covariates(pybind11::module_& topic);
void bind_value_dynamic(pybind11::module_& topic);
void bind_value_gompertz(pybind11::module_& topic);
void bind_value_snapshot(pybind11::module_& topic);
void bind_share(pybind11::module_& m);
void bind_share_classic(pybind11::module_& topic);
void bind_graph(pybind11::module_& m);
void bind_market(pybind11::module_& m);
void bind_market_table(pybind11::module_& topic);
void bind_archive(pybind11::module_& m);
void bind_relation(pybind11::module_& m);
void bind_relation_retention(pybind11::module_& topic);
void bind_plan(pybind11::module_& m);
void bind_review(pybind11::module_& m);
}  // namespace guanxi::python
