#include "columns.hpp"
#include "topics.hpp"

#include <string>
#include <utility>

#include <guanxi/share/attraction.hpp>
#include <guanxi/share/dynamic_shares.hpp>
#include <guanxi/share/entry_watch.hpp>
#include <guanxi/share/fitness_ensemble.hpp>
#include <guanxi/share/loss_draws.hpp>
#include <guanxi/share/minimum_density.hpp>
#include <guanxi/share/posterior_concentration.hpp>
#include <guanxi/share/quantile_regression.hpp>
#include <guanxi/share/wallet_quantiles.hpp>

namespace guanxi::python {
namespace {
using numbers = column_in<double>;

share::attraction_kind kind_of(const std::string& name) {
  return name == "mci" ? share::attraction_kind::mci : share::attraction_kind::mnl;
}

void bind_ensembles(py::module_& m) {
  m.def(
      "minimum_density",
      [](const numbers& rows, const numbers& columns, const column_in<std::uint8_t>& allowed) {
        const auto r = view(rows), c = view(columns);
        const auto a = view(allowed);
        share::sparse_fill f;
        {
          py::gil_scoped_release free;
          f = share::minimum_density(r, c, a);
        }
        return py::make_tuple(give(std::move(f.row)), give(std::move(f.column)), give(std::move(f.value)), f.left);
      },
      "rows"_a, "columns"_a, "allowed"_a);
  using share::fitness_ensemble;
  py::class_<fitness_ensemble>(m, "FitnessEnsemble")
      .def(py::init([](const numbers& rows, const numbers& columns, double links, const column_in<std::uint8_t>& known,
                       unsigned threads) {
             const auto r = view(rows), c = view(columns);
             const auto k = view(known);
             py::gil_scoped_release free;
             return fitness_ensemble(r, c, links, k, threads);
           }),
           "rows"_a, "columns"_a, "links"_a, "known"_a, "threads"_a)
      .def_property_readonly("z", &fitness_ensemble::z)
      .def_property_readonly("links", &fitness_ensemble::links)
      .def(
          "cells",
          [](const fitness_ensemble& e, double level) {
            share::fitness_cells c;
            {
              py::gil_scoped_release free;
              c = e.cells(level);
            }
            py::dict out;
            out["p_active"] = give(std::move(c.p_active));
            out["amount"] = give(std::move(c.amount));
            out["low"] = give(std::move(c.low));
            out["high"] = give(std::move(c.high));
            out["low_active"] = give(std::move(c.low_active));
            out["high_active"] = give(std::move(c.high_active));
            return out;
          },
          "level"_a)
      .def(
          "draw",
          [](const fitness_ensemble& e, std::uint64_t seed, std::uint32_t number) {
            std::vector<double> w;
            {
              py::gil_scoped_release free;
              w = e.draw(seed, number);
            }
            return give(std::move(w));
          },
          "seed"_a, "number"_a);
}

void bind_models(py::module_& m) {
  m.def(
      "elasticities",
      [](const numbers& shares, const numbers& x, double b, const std::string& kind) {
        return give(share::elasticities(view(shares), view(x), b, kind_of(kind)));
      },
      "shares"_a, "x"_a, "b"_a, "kind"_a);
  m.def(
      "fit_attraction",
      [](const numbers& shares, const numbers& x, std::size_t suppliers, std::size_t variables, const std::string& kind,
         double level) {
        const auto s = view(shares), v = view(x);
        share::attraction_fit f;
        {
          py::gil_scoped_release free;
          f = share::fit_attraction(s, v, suppliers, variables, kind_of(kind), level);
        }
        py::dict out;
        out["intercept"] = give(std::move(f.intercept));
        out["b"] = give(std::move(f.b));
        out["error"] = give(std::move(f.error));
        out["low"] = give(std::move(f.low));
        out["high"] = give(std::move(f.high));
        out["fitted"] = give(std::move(f.fitted));
        out["sigma"] = f.sigma;
        out["used"] = f.used;
        return out;
      },
      "shares"_a, "x"_a, "suppliers"_a, "variables"_a, "kind"_a, "level"_a);
  m.def(
      "dynamic_shares",
      [](const numbers& counts, std::size_t suppliers, double prior, double level, double discount) {
        const auto x = view(counts);
        share::dynamic_share_columns c;
        {
          py::gil_scoped_release free;
          c = share::dynamic_shares(x, suppliers, prior, level, discount).columns();
        }
        py::dict out;
        out["share"] = give(std::move(c.share));
        out["low"] = give(std::move(c.low));
        out["high"] = give(std::move(c.high));
        out["foretold"] = give(std::move(c.foretold));
        out["foretold_low"] = give(std::move(c.foretold_low));
        out["foretold_high"] = give(std::move(c.foretold_high));
        out["next"] = give(std::move(c.next));
        out["next_low"] = give(std::move(c.next_low));
        out["next_high"] = give(std::move(c.next_high));
        out["discount"] = c.discount;
        out["log_score"] = c.log_score;
        out["log_score_static"] = c.log_score_static;
        return out;
      },
      "counts"_a, "suppliers"_a, "prior"_a, "level"_a, "discount"_a);
  m.def(
      "posterior_concentration",
      [](const numbers& alpha, double level, int draws, std::uint64_t seed, double g) {
        const auto a = view(alpha);
        share::concentration_posterior c;
        {
          py::gil_scoped_release free;
          c = share::posterior_concentration(a, level, draws, seed, g);
        }
        py::dict out;
        out["hhi"] = c.hhi;
        out["hhi_low"] = c.hhi_low;
        out["hhi_high"] = c.hhi_high;
        out["hhi_of_mean"] = c.hhi_of_mean;
        out["effective"] = c.effective;
        out["effective_low"] = c.effective_low;
        out["effective_high"] = c.effective_high;
        out["lead"] = c.lead;
        out["lead_low"] = c.lead_low;
        out["lead_high"] = c.lead_high;
        out["p_largest"] = give(std::move(c.p_largest));
        out["p_dominant"] = give(std::move(c.p_dominant));
        out["p_half"] = give(std::move(c.p_half));
        return out;
      },
      "alpha"_a, "level"_a, "draws"_a, "seed"_a, "g"_a);
}

void bind_quantiles(py::module_& m) {
  m.def(
      "quantile_regression",
      [](const numbers& y, const numbers& x, std::size_t k, double q, unsigned threads) {
        const auto values = view(y), rows = view(x);
        share::quantile_fit f;
        {
          py::gil_scoped_release free;
          f = share::quantile_regression(values, rows, k, q, threads);
        }
        py::dict out;
        out["b"] = give(std::move(f.b));
        out["error"] = give(std::move(f.error));
        out["covariance"] = give(std::move(f.covariance));
        out["loss"] = f.loss;
        out["gap"] = f.gap;
        out["exact"] = f.exact;
        return out;
      },
      "y"_a, "x"_a, "k"_a, "q"_a, "threads"_a);
  m.def("pinball", [](const numbers& y, const numbers& guess, double q) { return share::pinball(view(y), view(guess), q); },
        "y"_a, "guess"_a, "q"_a);
  m.def(
      "wallet_quantiles",
      [](const numbers& own, const numbers& feature, std::size_t features, double q, const numbers& total, double level,
         unsigned threads) {
        const auto o = view(own), f = view(feature), t = view(total);
        share::wallet_quantile_columns w;
        {
          py::gil_scoped_release free;
          w = share::wallet_quantiles(o, f, features, q, t, level, threads);
        }
        py::dict out;
        out["wallet"] = give(std::move(w.wallet));
        out["low"] = give(std::move(w.low));
        out["high"] = give(std::move(w.high));
        out["headroom"] = give(std::move(w.headroom));
        out["b"] = give(std::move(w.b));
        out["error"] = give(std::move(w.error));
        out["q"] = w.q;
        out["known"] = w.known;
        return out;
      },
      "own"_a, "feature"_a, "features"_a, "q"_a, "total"_a, "level"_a, "threads"_a);
  m.def(
      "loss_split_draws",
      [](const numbers& own_before, const numbers& before, const numbers& before_low, const numbers& before_high,
         const numbers& own_now, const numbers& now, const numbers& now_low, const numbers& now_high, double level,
         double tie, int draws, std::uint64_t seed, unsigned threads) {
        const auto a = view(own_before), b = view(before), bl = view(before_low), bh = view(before_high);
        const auto c = view(own_now), d = view(now), dl = view(now_low), dh = view(now_high);
        share::loss_draw_columns s;
        {
          py::gil_scoped_release free;
          s = share::loss_split_draws(a, {b, bl, bh}, c, {d, dl, dh}, level, tie, draws, seed, threads);
        }
        py::dict out;
        out["change"] = give(std::move(s.change));
        const auto part = [&](const std::string& name, share::loss_draw_columns::part& p) {
          out[py::str(name)] = give(std::move(p.mean));
          out[py::str(name + "_low")] = give(std::move(p.low));
          out[py::str(name + "_high")] = give(std::move(p.high));
        };
        part("rivals", s.rivals);
        part("size", s.size);
        part("market", s.market);
        out["p_rivals"] = give(std::move(s.p_rivals));
        return out;
      },
      "own_before"_a, "before"_a, "before_low"_a, "before_high"_a, "own_now"_a, "now"_a, "now_low"_a, "now_high"_a,
      "level"_a, "tie"_a, "draws"_a, "seed"_a, "threads"_a);
}

void bind_watch(py::module_& m) {
  m.def(
      "entry_watch",
      [](const numbers& rival, std::size_t periods, double false_alarm, std::size_t first, double allowance,
         std::uint64_t seed, unsigned threads) {
        const auto x = view(rival);
        share::entry_watch_columns w;
        {
          py::gil_scoped_release free;
          w = share::entry_watch(x, periods, false_alarm, first, allowance, seed, threads);
        }
        py::dict out;
        out["alarm"] = give(std::move(w.alarm));
        out["began"] = give(std::move(w.began));
        out["climb"] = give(std::move(w.climb));
        out["threshold"] = w.threshold;
        return out;
      },
      "rival"_a, "periods"_a, "false_alarm"_a, "first"_a, "allowance"_a, "seed"_a, "threads"_a);
}

}  // namespace

void bind_share_classic(py::module_& topic) {
  bind_ensembles(topic);
  bind_models(topic);
  bind_quantiles(topic);
  bind_watch(topic);
}
}  // namespace guanxi::python
