#include "columns.hpp"
#include "topics.hpp"
#include "value_forecast.hpp"
#include "value_results.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <guanxi/value/bgbb.hpp>
#include <guanxi/value/gamma_gamma.hpp>
#include <guanxi/value/pareto_nbd.hpp>
#include <guanxi/value/posterior.hpp>
#include <guanxi/value/purchase_intervals.hpp>
#include <guanxi/value/purchase_model.hpp>
#include <guanxi/value/sbg.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using column = column_in<double>;

customer_rows rows_of(const column& frequency, const column& recency, const column& age, const std::optional<column>& weights = {}) {
  customer_rows rows{view(frequency), view(recency), view(age)};
  if (weights) rows.weights = view(*weights);
  return rows;
}
template <class Model>
void bind_predictions(py::module_& topic) {
  topic.def("forecast_purchases", [](const Model& m, const column& x, const column& t, const column& age, const column& draws, double horizon,
                                     double level, std::uint64_t seed, unsigned threads) {
    const customer_rows rows = rows_of(x, t, age);
    const auto theta = view(draws);
    purchase_forecast f;
    {
      py::gil_scoped_release free;
      f = forecast_purchases(m, rows, theta, {horizon, level, threads, seed});
    }
    return to_python(std::move(f));
  }, "model"_a, "frequency"_a, "recency"_a, "age"_a, "draws"_a, "horizon"_a, "level"_a, "seed"_a, "threads"_a);
  topic.def("discounted_purchases", [](const Model& m, const column& x, const column& t, const column& age, double rate, double horizon, unsigned threads) {
    const customer_rows rows = rows_of(x, t, age);
    std::vector<double> out;
    {
      py::gil_scoped_release free;
      out = discounted_purchases(m, rows, rate, horizon, threads);
    }
    return give(std::move(out));
  }, "model"_a, "frequency"_a, "recency"_a, "age"_a, "rate"_a, "horizon"_a, "threads"_a);
  topic.def("track_population", [](const Model& m, const column& born, const column& times, const column& draws, double level, std::uint64_t seed, unsigned threads) {
    const auto b = view(born), at = view(times), theta = view(draws);
    std::vector<tracking_point> path;
    {
      py::gil_scoped_release free;
      path = track_population(m, b, at, theta, {1, level, threads, seed});
    }
    std::vector<double> time, purchases, low, high;
    for (const tracking_point& p : path) time.push_back(p.time), purchases.push_back(p.purchases), low.push_back(p.low), high.push_back(p.high);
    py::dict out;
    out["time"] = give(std::move(time));
    out["purchases"] = give(std::move(purchases));
    out["low"] = give(std::move(low));
    out["high"] = give(std::move(high));
    return out;
  }, "model"_a, "born"_a, "times"_a, "draws"_a, "level"_a, "seed"_a, "threads"_a);
  topic.def("sample_posterior", [](const Model& m, const column& x, const column& t, const column& age, const std::optional<column>& weights,
                                   std::size_t chains, std::size_t draws, std::size_t warmup, std::uint64_t seed, std::vector<double> mean,
                                   std::vector<double> deviation, unsigned threads) {
    const customer_rows rows = rows_of(x, t, age, weights);
    posterior p;
    {
      py::gil_scoped_release free;
      p = sample_posterior(m, rows, {chains, draws, warmup, seed, {std::move(mean), std::move(deviation)}, threads});
    }
    py::dict out("names"_a = p.names, "chains"_a = p.chains, "r_hat"_a = p.r_hat, "ess"_a = p.ess, "accepted"_a = p.accepted, "status"_a = p.status);
    out["draws"] = give(std::move(p.draws));
    return out;
  }, "model"_a, "frequency"_a, "recency"_a, "age"_a, "weights"_a, "chains"_a, "draws"_a, "warmup"_a, "seed"_a, "mean"_a, "deviation"_a, "threads"_a);
  topic.def("draw_customers", [](const Model& m, const column& x, const column& t, const column& age, const column& draws, std::uint64_t seed, unsigned threads) {
    const customer_rows rows = rows_of(x, t, age);
    const auto theta = view(draws);
    latent_draws out;
    {
      py::gil_scoped_release free;
      out = draw_customers(m, rows, theta, seed, threads);
    }
    return py::make_tuple(give(std::move(out.alive)), give(std::move(out.rate)));
  }, "model"_a, "frequency"_a, "recency"_a, "age"_a, "draws"_a, "seed"_a, "threads"_a);
}
template <class A, class B>
void bind_ratio(py::module_& topic) {
  topic.def("likelihood_ratio", [](const A& smaller, const B& larger) {
    const likelihood_ratio_test t = likelihood_ratio(smaller.result(), larger.result());
    return py::make_tuple(t.statistic, t.degrees, t.p_value, t.p_at_boundary);
  }, "smaller"_a, "larger"_a);
}
/// Log-likelihoods of single rows at given parameters: what twins are compared with.
void bind_log_likelihoods(py::module_& topic) {
  topic.def("purchase_log_likelihood", [](const std::string& kind, unsigned k, const column& x, const column& t, const column& age, const column& gaps,
                                          const column& r, const column& alpha, const column& a, const column& b) {
    const customer_rows rows{view(x), view(t), view(age), {}, view(gaps)};
    const auto pr = view(r), pl = view(alpha), pa = view(a), pb = view(b);
    const purchase_story story{kind == "NBD" ? dropout::none : kind == "BGNBD" ? dropout::after_purchase : dropout::from_start, k};
    return column_of(rows.size(), [&](std::span<double> out) {
      check(rows, "value.purchase_log_likelihood");
      for (std::size_t i = 0; i < rows.size(); ++i) {
        out[i] = purchase_log_likelihood({pr[i], pl[i], pa[i], pb[i]}, story, rows.frequency[i], rows.recency[i], rows.age[i], rows.log_gaps[i]);
      }
    });
  }, "kind"_a, "k"_a, "frequency"_a, "recency"_a, "age"_a, "log_gaps"_a, "r"_a, "alpha"_a, "a"_a, "b"_a);
  topic.def("gamma_gamma_log_likelihood", [](const column& x, const column& spend, double p, double q, double v) {
    const spend_rows rows{view(x), view(spend)};
    return column_of(rows.size(), [&](std::span<double> out) {
      for (std::size_t i = 0; i < rows.size(); ++i) out[i] = GammaGamma::log_likelihood({rows.frequency.subspan(i, 1), rows.spend.subspan(i, 1)}, p, q, v);
    });
  }, "frequency"_a, "spend"_a, "p"_a, "q"_a, "v"_a);
  topic.def("sbg_log_likelihood", [](const column& duration, const column& lost, double a, double b) {
    const contract_rows rows{view(duration), view(lost)};
    return column_of(rows.size(), [&](std::span<double> out) {
      for (std::size_t i = 0; i < rows.size(); ++i) out[i] = SBG::log_likelihood({rows.duration.subspan(i, 1), rows.lost.subspan(i, 1)}, a, b);
    });
  }, "duration"_a, "lost"_a, "a"_a, "b"_a);
  topic.def("bgbb_log_likelihood", [](const column& x, const column& t, const column& n, double alpha, double beta, double gamma, double delta) {
    const occasion_rows rows{view(x), view(t), view(n)};
    return column_of(rows.size(), [&](std::span<double> out) {
      for (std::size_t i = 0; i < rows.size(); ++i)
        out[i] = BGBB::log_likelihood({rows.frequency.subspan(i, 1), rows.recency.subspan(i, 1), rows.occasions.subspan(i, 1)}, {alpha, beta, gamma, delta});
    });
  }, "frequency"_a, "recency"_a, "occasions"_a, "alpha"_a, "beta"_a, "gamma"_a, "delta"_a);
}
}  // namespace

void bind_value_family(py::module_& topic) {
  bind_log_likelihoods(topic);
  bind_value_covariates(topic);
  bind_value_dynamic(topic);
  bind_value_gompertz(topic);
  py::class_<ParetoNBD>(topic, "ParetoNBD")
      .def(py::init<unsigned>(), "threads"_a = 0)
      .def("fit", [](ParetoNBD& m, const column& x, const column& t, const column& age, const std::optional<column>& w, std::vector<double> mean, std::vector<double> deviation) {
             const customer_rows rows = rows_of(x, t, age, w);
             py::gil_scoped_release free;
             m.fit(rows, {std::move(mean), std::move(deviation)});
           }, "frequency"_a, "recency"_a, "age"_a, "weights"_a = py::none(), "prior_mean"_a = std::vector<double>{}, "prior_deviation"_a = std::vector<double>{})
      .def("set", [](ParetoNBD& m, double r, double alpha, double s, double beta) { m.set({r, alpha, s, beta}); }, "r"_a, "alpha"_a, "s"_a, "beta"_a)
      .def("result", [](const ParetoNBD& m) { return to_python(m.result()); })
      .def("probability_alive", [](const ParetoNBD& m, const column& x, const column& t, const column& age) {
             const customer_rows rows = rows_of(x, t, age);
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_alive(rows, out); });
           }, "frequency"_a, "recency"_a, "age"_a)
      .def("expected_purchases", [](const ParetoNBD& m, const column& x, const column& t, const column& age, double horizon) {
             const customer_rows rows = rows_of(x, t, age);
             return column_of(rows.size(), [&](std::span<double> out) { m.expected_purchases(rows, horizon, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "horizon"_a)
      .def("probability_of", [](const ParetoNBD& m, const column& x, const column& t, const column& age, std::uint64_t n, double horizon) {
             const customer_rows rows = rows_of(x, t, age);
             return column_of(rows.size(), [&](std::span<double> out) { m.probability_of(rows, n, horizon, out); });
           }, "frequency"_a, "recency"_a, "age"_a, "n"_a, "horizon"_a)
      .def("expected_purchases_new", &ParetoNBD::expected_purchases_new, "horizon"_a)
      .def("pmf", &ParetoNBD::pmf, "n"_a, "horizon"_a)
      .def("draws", [](const ParetoNBD& m, std::size_t n, std::uint64_t seed) { return give(m.draws(n, seed)); }, "n"_a, "seed"_a);
  bind_predictions<PurchaseModel>(topic);
  bind_predictions<ParetoNBD>(topic);
  bind_ratio<PurchaseModel, PurchaseModel>(topic);
  bind_ratio<PurchaseModel, ParetoNBD>(topic);
  topic.def("pareto_log_likelihood", [](const column& x, const column& t, const column& age, double r, double alpha, double s, double beta) {
    const customer_rows rows = rows_of(x, t, age);
    return column_of(rows.size(), [&](std::span<double> out) {
      check(rows, "value.ParetoNBD");
      for (std::size_t i = 0; i < rows.size(); ++i) out[i] = pareto_log_likelihood({r, alpha, s, beta}, rows.frequency[i], rows.recency[i], rows.age[i]);
    });
  }, "frequency"_a, "recency"_a, "age"_a, "r"_a, "alpha"_a, "s"_a, "beta"_a);
}
}  // namespace guanxi::python
