#include "columns.hpp"
#include "topics.hpp"

#include <optional>
#include <string>
#include <vector>

#include <guanxi/ledger/ledger.hpp>
#include <guanxi/relation/cohorts.hpp>
#include <guanxi/relation/discrete_hazard.hpp>

namespace guanxi::python {
namespace {
using doubles = column_in<double>;
using codes = column_in<std::uint32_t>;

std::vector<double> copied(std::span<const double> from) { return {from.begin(), from.end()}; }

void bind_hazard(py::module_& m) {
  using relation::DiscreteHazard;
  py::class_<DiscreteHazard>(m, "DiscreteHazard")
      .def(py::init([](bool logit, double ridge, int max_passes, unsigned threads) {
             return DiscreteHazard(logit ? relation::hazard_link::logit : relation::hazard_link::cloglog, ridge, max_passes, threads);
           }), "logit"_a, "ridge"_a, "max_passes"_a, "threads"_a)
      .def("fit", [](DiscreteHazard& h, const doubles& x, std::size_t p, const doubles& event, const codes& period, const doubles& weights) {
             const auto rows = view(x), events = view(event), w = view(weights);
             const auto t = view(period);
             py::gil_scoped_release free;
             h.fit(rows, p, events, t, w);
           }, "X"_a, "covariates"_a, "event"_a, "period"_a, "weights"_a)
      .def("result", [](const DiscreteHazard& h) {
             return py::dict("coef"_a = give(copied(h.coefficients())), "standard_errors"_a = give(copied(h.standard_errors())),
                             "covariance"_a = give(copied(h.covariance())), "intercepts"_a = give(copied(h.intercepts())),
                             "intercept_errors"_a = give(copied(h.intercept_errors())), "log_likelihood"_a = h.log_likelihood(),
                             "log_likelihood_null"_a = h.log_likelihood_null(), "gradient_norm"_a = h.gradient_norm(),
                             "passes"_a = h.passes(), "status"_a = h.status());
           })
      .def("predict", [](const DiscreteHazard& h, const doubles& x, const codes& period, double level) {
             const auto rows = view(x);
             const auto t = view(period);
             DiscreteHazard::chances c;
             {
               py::gil_scoped_release free;
               c = h.predict(rows, t, level);
             }
             return py::make_tuple(give(std::move(c.hazard)), give(std::move(c.low)), give(std::move(c.high)));
           }, "X"_a, "period"_a, "level"_a)
      .def("reach", [](const DiscreteHazard& h, const doubles& x, const codes& period, std::size_t covariate, double hazard, double level) {
             const auto rows = view(x);
             const auto t = view(period);
             DiscreteHazard::reached r;
             {
               py::gil_scoped_release free;
               r = h.reach(rows, t, covariate, hazard, level);
             }
             return py::make_tuple(give(std::move(r.value)), give(std::move(r.low)), give(std::move(r.high)));
           }, "X"_a, "period"_a, "covariate"_a, "hazard"_a, "level"_a);
}

void bind_cohorts(py::module_& m) {
  m.def("cohorts", [](const ledger::Ledger& led, std::optional<day> end, std::string_view u, std::int64_t every, const codes& group, double level) {
    relation::cohort_table t;
    const auto groups = view(group);
    {
      py::gil_scoped_release free;
      t = relation::cohorts(led.days(), end ? *end : led.last_day(), to_unit(u), every, groups, level);
    }
    py::dict out;
    out["group"] = give(std::move(t.group)), out["cohort"] = give(std::move(t.cohort)), out["age"] = give(std::move(t.age));
    out["customers"] = give(std::move(t.customers)), out["active"] = give(std::move(t.active)), out["orders"] = give(std::move(t.orders));
    out["amount"] = give(std::move(t.amount)), out["retention"] = give(std::move(t.retention)), out["low"] = give(std::move(t.low));
    out["high"] = give(std::move(t.high)), out["partial"] = give(std::move(t.partial)), out["opening"] = give(std::move(t.opening));
    return out;
  }, "ledger"_a, "end"_a, "unit"_a, "every"_a, "group"_a, "level"_a);
}
}  // namespace

void bind_relation_retention(py::module_& topic) {
  bind_hazard(topic);
  bind_cohorts(topic);
}
}  // namespace guanxi::python
