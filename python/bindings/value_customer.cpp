#include "columns.hpp"
#include "topics.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/ledger/ledger.hpp>
#include <guanxi/value.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using ledger::Ledger;
using codes = std::vector<std::pair<std::string, std::vector<std::int32_t>>>;

day last_known(const Ledger& led, std::optional<day> end) { return end ? *end : led.last_day(); }

void prepare(CustomerValue& m, const std::vector<double>& season, const codes& groups) {
  m.use_season(season);
  for (const auto& [name, code] : groups) m.use_property(name, code);
}

py::list to_list(const shrunk_effects& s) {
  py::list out;
  for (std::size_t g = 0; g < s.effect.size(); ++g) out.append(py::make_tuple(s.effect[g], s.deviation[g]));
  return out;
}

py::dict to_python(forecast&& f) {
  py::dict out;
  out["p_alive"] = give(std::move(f.p_alive));
  out["p_buy"] = give(std::move(f.p_buy));
  out["purchases"] = give(std::move(f.purchases));
  out["purchases_median"] = give(std::move(f.purchases_median));
  out["purchases_low"] = give(std::move(f.purchases_low));
  out["purchases_high"] = give(std::move(f.purchases_high));
  out["spend"] = give(std::move(f.spend));
  out["value"] = give(std::move(f.value));
  out["value_median"] = give(std::move(f.value_median));
  out["value_low"] = give(std::move(f.value_low));
  out["value_high"] = give(std::move(f.value_high));
  out["next_order"] = give(std::move(f.next_order));
  out["reason"] = py::cast(f.reason);
  return out;
}

}  // namespace

void bind_value_customer(py::module_& topic) {
  py::class_<CustomerValue>(topic, "CustomerValue")
      .def(py::init([](double horizon, std::string_view u, double level, std::uint64_t seed, unsigned threads) {
             return CustomerValue({horizon, to_unit(u), level, seed, threads});
           }), "horizon"_a, "unit"_a, "level"_a, "seed"_a, "threads"_a)
      .def("fit", [](CustomerValue& m, const Ledger& led, std::optional<day> end, const std::vector<double>& season, const codes& groups) {
             py::gil_scoped_release free;
             prepare(m, season, groups);
             m.fit(led, last_known(led, end));
           }, "ledger"_a, "end"_a, "season"_a, "groups"_a)
      .def("predict", [](const CustomerValue& m) { return to_python(m.predict()); })
      .def_property_readonly("status", &CustomerValue::status)
      .def_property_readonly("season", &CustomerValue::season)
      .def_property_readonly("level_factor", &CustomerValue::level_factor)
      .def_property_readonly("purchases_total", [](const CustomerValue& m) { const book_total& t = m.purchases_total(); return py::make_tuple(t.mean, t.low, t.high); })
      .def_property_readonly("value_total", [](const CustomerValue& m) { const book_total& t = m.value_total(); return py::make_tuple(t.mean, t.low, t.high); })
      .def_property_readonly("ranks", [](const CustomerValue& m) { return give(std::vector<double>(m.ranks())); })
      .def_property_readonly("effects", [](const CustomerValue& m) {
             py::list out;
             for (const group_effects& e : m.effects()) out.append(py::make_tuple(e.customers, to_list(e.rate), to_list(e.spend)));
             return out;
           })
      .def_property_readonly("weights", [](const CustomerValue& m) {
             py::list out;
             for (const candidate_weight& w : m.weights()) out.append(py::make_tuple(w.candidate, w.purchases, w.weight));
             return out;
           })
      .def_property_readonly("scores", [](const CustomerValue& m) {
             py::list out;
             for (const candidate_score& s : m.scores()) out.append(py::make_tuple(s.candidate, s.log_score, s.rmse, s.bias));
             return out;
           });

  topic.def("season_index", [](const Ledger& led, std::optional<day> end) {
    month_index m;
    {
      py::gil_scoped_release free;
      m = season_index(led.days(), last_known(led, end));
    }
    py::dict out;
    out["index"] = give(std::move(m.index));
    out["low"] = give(std::move(m.low));
    out["high"] = give(std::move(m.high));
    return py::make_tuple(out, m.status);
  }, "ledger"_a, "end"_a);

  topic.def("backtest", [](const Ledger& led, day at, double horizon, std::string_view u, double level, unsigned threads,
                           const std::vector<double>& season, const codes& groups) {
    std::vector<backtest_row> rows;
    {
      py::gil_scoped_release free;
      std::deque<ledger::days_until> kept;
      const auto known = [&](day then) { return kept.emplace_back(led.days(then)).view(); };
      rows = backtest(led.days(), at, horizon, to_unit(u), level, threads, known, [&](CustomerValue& m) { prepare(m, season, groups); });
    }
    py::dict out;
    std::vector<std::string> model, status;
    for (const auto& r : rows) model.push_back(r.model), status.push_back(r.status);
    out["model"] = py::cast(model);
    const auto put = [&](const char* name, double backtest_row::*member) {
      std::vector<double> values;
      for (const auto& r : rows) values.push_back(r.*member);
      out[name] = give(std::move(values));
    };
    put("mae", &backtest_row::mae);
    put("mae_median", &backtest_row::mae_median);
    put("rmse", &backtest_row::rmse);
    put("bias", &backtest_row::bias);
    put("correlation", &backtest_row::correlation);
    put("coverage", &backtest_row::coverage);
    put("coverage_randomised", &backtest_row::coverage_randomised);
    put("top10", &backtest_row::top10);
    put("log_score", &backtest_row::log_score);
    put("crps", &backtest_row::crps);
    put("interval_score", &backtest_row::interval_score);
    put("auc", &backtest_row::auc);
    put("total", &backtest_row::total);
    put("total_low", &backtest_row::total_low);
    put("total_high", &backtest_row::total_high);
    put("value_mae", &backtest_row::value_mae);
    put("value_mae_median", &backtest_row::value_mae_median);
    put("value_rmse", &backtest_row::value_rmse);
    put("value_bias", &backtest_row::value_bias);
    put("value_correlation", &backtest_row::value_correlation);
    put("value_coverage", &backtest_row::value_coverage);
    put("value_coverage_randomised", &backtest_row::value_coverage_randomised);
    put("value_top10", &backtest_row::value_top10);
    put("value_total", &backtest_row::value_total);
    put("value_total_low", &backtest_row::value_total_low);
    put("value_total_high", &backtest_row::value_total_high);
    out["status"] = py::cast(status);
    return out;
  }, "ledger"_a, "at"_a, "horizon"_a, "unit"_a, "level"_a, "threads"_a, "season"_a = std::vector<double>{}, "groups"_a = codes{});
}
}  // namespace guanxi::python
