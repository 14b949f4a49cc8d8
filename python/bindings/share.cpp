#include "columns.hpp"
#include "topics.hpp"

#include <memory>
#include <string>
#include <string_view>

#include <guanxi/share.hpp>

namespace guanxi::python {
namespace {

template <class T>
py::array_t<T> seen(const std::vector<T>& column, py::handle owner) {
  return look(std::span<const T>(column), owner);
}

py::dict columns_of(const share::shares_columns& s, py::handle owner) {
  py::dict out;
  out["customer"] = seen(s.customer, owner);
  out["supplier"] = seen(s.supplier, owner);
  out["period"] = seen(s.period, owner);
  out["amount"] = seen(s.amount, owner);
  out["share"] = seen(s.share, owner);
  out["low"] = seen(s.low, owner);
  out["high"] = seen(s.high, owner);
  out["low_active"] = seen(s.low_active, owner);
  out["high_active"] = seen(s.high_active, owner);
  out["p_active"] = seen(s.p_active, owner);
  out["p_largest"] = seen(s.p_largest, owner);
  out["p_dominant"] = seen(s.p_dominant, owner);
  out["trend"] = seen(s.trend, owner);
  out["p_rising"] = seen(s.p_rising, owner);
  out["source"] = seen(s.source, owner);
  return out;
}

py::dict shares_of(const share::SupplierShares& model, py::handle owner) { return columns_of(model.shares(), owner); }

py::dict wallets_of(const share::SupplierShares& model, py::handle owner) {
  const share::wallet_columns& w = model.wallets();
  py::dict out;
  out["customer"] = seen(w.customer, owner);
  out["period"] = seen(w.period, owner);
  out["wallet"] = seen(w.wallet, owner);
  out["low"] = seen(w.low, owner);
  out["high"] = seen(w.high, owner);
  return out;
}

py::dict customers_of(const share::SupplierShares& model, py::handle owner) {
  const share::customer_columns& k = model.customers();
  py::dict out;
  out["customer"] = seen(k.customer, owner);
  out["wallet"] = seen(k.wallet, owner);
  out["wallet_low"] = seen(k.wallet_low, owner);
  out["wallet_high"] = seen(k.wallet_high, owner);
  out["own_share"] = seen(k.own_share, owner);
  out["own_low"] = seen(k.own_low, owner);
  out["own_high"] = seen(k.own_high, owner);
  out["own_trend"] = seen(k.own_trend, owner);
  out["own_p_rising"] = seen(k.own_p_rising, owner);
  out["own_p_largest"] = seen(k.own_p_largest, owner);
  out["largest"] = seen(k.largest, owner);
  out["largest_share"] = seen(k.largest_share, owner);
  out["p_largest"] = seen(k.p_largest, owner);
  out["p_dominant"] = seen(k.p_dominant, owner);
  out["rival"] = seen(k.rival, owner);
  out["rival_share"] = seen(k.rival_share, owner);
  out["rival_low"] = seen(k.rival_low, owner);
  out["rival_high"] = seen(k.rival_high, owner);
  out["rival_trend"] = seen(k.rival_trend, owner);
  out["rival_p_rising"] = seen(k.rival_p_rising, owner);
  out["headroom"] = seen(k.headroom, owner);
  out["headroom_low"] = seen(k.headroom_low, owner);
  out["headroom_high"] = seen(k.headroom_high, owner);
  out["effective"] = seen(k.effective, owner);
  return out;
}

void bind_supplier_shares(py::module_& m) {
  using share::SupplierShares;
  m.attr("REST") = share::rest;
  py::class_<share::shares_columns>(m, "SharesColumns");  // owner of columns
  m.def("source_names", [] {
    std::vector<std::string> names;
    for (int s = 0; s <= static_cast<int>(share::source::prior); ++s)
      names.emplace_back(share::name(static_cast<share::source>(s)));
    return names;
  });
  py::class_<SupplierShares>(m, "SupplierShares")
      .def(py::init([](std::uint32_t own, double level, int draws, std::uint64_t seed, unsigned threads,
                       std::size_t window, std::size_t keep, std::size_t trend_periods, double phi, double firmness) {
             SupplierShares::settings s;
             s.own = own;
             s.level = level;
             s.draws = draws;
             s.seed = seed;
             s.threads = threads;
             s.window = window;
             s.keep = keep;
             s.trend_periods = trend_periods;
             s.phi = phi;
             s.firmness = firmness;
             return SupplierShares(s);
           }),
           "own"_a, "level"_a, "draws"_a, "seed"_a, "threads"_a, "window"_a, "keep"_a, "trend_periods"_a, "phi"_a,
           "firmness"_a)
      .def(
          "fit",
          [](SupplierShares& model, const column_in<std::uint32_t>& customer, const column_in<std::uint32_t>& supplier,
             const column_in<std::uint32_t>& period, const column_in<double>& amount, const column_in<double>& orders,
             std::size_t customers, std::size_t suppliers, std::size_t periods) {
            const ledger::deliveries rows{view(customer), view(supplier), view(period), view(amount),
                                          view(orders),   customers,      suppliers,    periods};
            py::gil_scoped_release free;
            share::is_collected(rows) ? model.fit(rows) : model.fit(share::collect(rows).view());
          },
          "customer"_a, "supplier"_a, "period"_a, "amount"_a, "orders"_a, "customers"_a, "suppliers"_a, "periods"_a)
      .def(
          "update",
          [](const SupplierShares& model, const column_in<std::uint32_t>& customer,
             const column_in<std::uint32_t>& supplier, const column_in<double>& amount) {
            auto rows = std::make_unique<share::shares_columns>();
            {
              const auto c = view(customer), s = view(supplier);
              const auto a = view(amount);
              py::gil_scoped_release free;
              *rows = model.update(c, s, a);
            }
            const share::shares_columns& got = *rows;
            const py::capsule owner(rows.release(), [](void* p) { delete static_cast<share::shares_columns*>(p); });
            return columns_of(got, owner);
          },
          "customer"_a, "supplier"_a, "amount"_a)
      .def_property_readonly("shares",
                             [](const py::object& self) { return shares_of(self.cast<SupplierShares&>(), self); })
      .def_property_readonly("wallets",
                             [](const py::object& self) { return wallets_of(self.cast<SupplierShares&>(), self); })
      .def_property_readonly("customers",
                             [](const py::object& self) { return customers_of(self.cast<SupplierShares&>(), self); })
      .def(
          "forecast",
          [](const SupplierShares& model, std::size_t periods) {
            share::shares_columns s;
            {
              py::gil_scoped_release free;
              s = model.forecast(periods);
            }
            const py::object owner = py::cast(std::move(s));
            return columns_of(owner.cast<share::shares_columns&>(), owner);
          },
          "periods"_a)
      .def_property_readonly("status", &SupplierShares::status)
      .def_property_readonly(
          "drift",
          [](const SupplierShares& model) { return py::make_tuple(model.wander().firmness, model.wander().loyalty); })
      .def_property_readonly("alpha",
                             [](const py::object& self) { return seen(self.cast<SupplierShares&>().alpha(), self); })
      .def_property_readonly("phi",
                             [](const py::object& self) { return seen(self.cast<SupplierShares&>().phi(), self); });
}

void bind_plain(py::module_& m) {
  m.def(
      "concentration",
      [](const column_in<double>& shares) {
        const auto c = share::concentration(view(shares));
        py::dict out;
        out["hhi"] = c.hhi;
        out["effective"] = c.effective;
        out["exp_entropy"] = c.exp_entropy;
        out["hall_tideman"] = c.hall_tideman;
        out["kwoka"] = c.kwoka;
        out["cr"] = give(std::vector<double>(c.cr));
        return out;
      },
      "shares"_a);
  m.def(
      "hhi",
      [](const column_in<double>& shares, const column_in<std::uint32_t>& customer, std::size_t customers) {
        std::vector<double> out(customers);
        {
          py::gil_scoped_release free;
          share::hhi(view(shares), view(customer), out);
        }
        return give(std::move(out));
      },
      "shares"_a, "customer"_a, "customers"_a);
  m.def("dominance_threshold", &share::dominance_threshold, "s1"_a, "s2"_a, "g"_a = 1.0);
  m.def("wallet_allocation_rule", &share::wallet_allocation_rule, "rank"_a, "n"_a);
  m.def(
      "mann_kendall",
      [](const column_in<double>& values) {
        const auto r = share::mann_kendall(view(values));
        return py::make_tuple(r.s, r.variance, r.z, r.p, r.tau);
      },
      "values"_a);
  m.def(
      "theil_sen",
      [](const column_in<double>& values, double level) {
        const auto r = share::theil_sen(view(values), level);
        return py::make_tuple(r.slope, r.intercept, r.low, r.high);
      },
      "values"_a, "level"_a);
}

void bind_counts(py::module_& m) {
  using share::DirichletMultinomial;
  const auto fit = [](DirichletMultinomial& model, const auto& counts, std::size_t columns) {
    const auto values = view(counts);
    py::gil_scoped_release free;
    model.fit(values, columns);
  };
  py::class_<DirichletMultinomial>(m, "DirichletMultinomial")
      .def(py::init<unsigned>(), "threads"_a)
      .def(
          "fit_whole",
          [fit](DirichletMultinomial& model, const column_in<std::int64_t>& counts, std::size_t columns) {
            fit(model, counts, columns);
          },
          "counts"_a, "columns"_a)
      .def(
          "fit",
          [fit](DirichletMultinomial& model, const column_in<double>& counts, std::size_t columns) {
            fit(model, counts, columns);
          },
          "counts"_a, "columns"_a)
      .def(
          "shares",
          [](const DirichletMultinomial& model, const column_in<double>& counts, double level) {
            const auto values = view(counts);
            share::share_table out;
            {
              py::gil_scoped_release free;
              out = model.shares(values, level);
            }
            return py::make_tuple(give(std::move(out.mean)), give(std::move(out.low)), give(std::move(out.high)));
          },
          "counts"_a, "level"_a)
      .def_property_readonly(
          "alpha", [](const py::object& self) { return seen(self.cast<DirichletMultinomial&>().alpha(), self); })
      .def_property_readonly("log_likelihood", &DirichletMultinomial::log_likelihood)
      .def_property_readonly("coefficient", &DirichletMultinomial::coefficient)
      .def_property_readonly("gradient_norm",
                             [](const DirichletMultinomial& model) { return model.search().gradient_norm; })
      .def_property_readonly("passes", [](const DirichletMultinomial& model) { return model.search().passes; })
      .def_property_readonly("status", &DirichletMultinomial::status);

  using share::NBDDirichlet;
  py::class_<NBDDirichlet>(m, "NBDDirichlet")
      .def(py::init([](bool notch) {
             return NBDDirichlet(notch ? share::combine_rule::notch : share::combine_rule::weighted);
           }),
           "notch"_a)
      .def(
          "fit_table",
          [](NBDDirichlet& model, double penetration, double rate, const column_in<double>& shares,
             const column_in<double>& penetrations) { model.fit(penetration, rate, view(shares), view(penetrations)); },
          "penetration"_a, "rate"_a, "shares"_a, "penetrations"_a)
      .def(
          "fit_counts",
          [](NBDDirichlet& model, const column_in<double>& counts, std::size_t columns) {
            const auto values = view(counts);
            py::gil_scoped_release free;
            model.fit(values, columns);
          },
          "counts"_a, "columns"_a)
      .def("with_s", &NBDDirichlet::with_s, "s"_a)
      .def("scaled", &NBDDirichlet::scaled, "periods"_a)
      .def_property_readonly("m", &NBDDirichlet::m)
      .def_property_readonly("k", &NBDDirichlet::k)
      .def_property_readonly("s", &NBDDirichlet::s)
      .def_property_readonly("s_by_brand",
                             [](const NBDDirichlet& d) { return give(std::vector<double>(d.s_by_brand())); })
      .def_property_readonly("shares", [](const NBDDirichlet& d) { return give(std::vector<double>(d.shares())); })
      .def_property_readonly("status", &NBDDirichlet::status)
      .def_property_readonly("penetration", [](const NBDDirichlet& d) { return give(d.penetration()); })
      .def_property_readonly("buying_rate", [](const NBDDirichlet& d) { return give(d.buying_rate()); })
      .def_property_readonly("category_rate", [](const NBDDirichlet& d) { return give(d.category_rate()); })
      .def_property_readonly("scr", [](const NBDDirichlet& d) { return give(d.scr()); })
      .def_property_readonly("loyal", [](const NBDDirichlet& d) { return give(d.loyal()); })
      .def_property_readonly("duplication", [](const NBDDirichlet& d) { return give(d.duplication()); })
      .def(
          "frequency",
          [](const NBDDirichlet& d, std::size_t brand, std::size_t n, bool open) {
            return give(d.frequency(brand, n, open));
          },
          "brand"_a, "n"_a, "open"_a)
      .def(
          "expect",
          [](const NBDDirichlet& d, std::size_t brand, std::size_t own) {
            const auto e = d.expect(brand, own);
            return py::make_tuple(e.wallet, e.share);
          },
          "brand"_a, "own"_a);
}

/// The matrix of a raking without known cells is written once, into memory of numpy's that nobody has touched.
template <class Prior>
py::array_t<double> written(Prior prior, const share::rake_result& found, unsigned threads) {
  py::array_t<double> out(static_cast<py::ssize_t>(prior.value.size()));
  const std::span<double> cells(out.mutable_data(), prior.value.size());
  py::gil_scoped_release free;
  share::write_raked(prior, found, cells, threads);
  return out;
}

template <class Prior>
py::dict raked(share::raked_matrix&& m, Prior prior, bool known, bool matrix, unsigned threads) {
  py::dict out;
  if (known)
    out["matrix"] = give(std::move(m.value));
  else if (matrix)
    out["matrix"] = written(prior, m.found, threads);
  else
    out["matrix"] = py::none();
  out["sweeps"] = m.found.sweeps;
  out["converged"] = m.found.converged;
  out["violated"] = m.found.violated;
  out["error"] = m.found.error;
  out["row_factors"] = give(std::move(m.found.row_factor));
  out["column_factors"] = give(std::move(m.found.column_factor));
  return out;
}

/// Where nothing is known the prior is not copied before the sweeps.
void bind_rake(py::module_& m) {
  m.def(
      "rake_dense",
      [](const column_in<double>& prior, std::size_t n, std::size_t k, const column_in<double>& rows,
         const column_in<double>& columns, const column_in<double>& known, const column_in<double>& row_weight,
         const column_in<double>& column_weight, double tol, int sweeps, unsigned threads, bool matrix) {
        const share::rake_settings s{tol, sweeps, view(row_weight), view(column_weight), threads};
        const share::dense_matrix p{view(prior), n, k};
        const auto fixed = view(known);
        share::raked_matrix out;
        {
          py::gil_scoped_release free;
          if (fixed.empty())
            out.found = share::rake(p, view(rows), view(columns), s);
          else
            out = share::rake_known(p, fixed, view(rows), view(columns), s);
        }
        return raked(std::move(out), p, !fixed.empty(), matrix, threads);
      },
      "prior"_a, "n"_a, "k"_a, "rows"_a, "columns"_a, "known"_a, "row_weight"_a, "column_weight"_a, "tol"_a, "sweeps"_a,
      "threads"_a, "matrix"_a);
  m.def(
      "rake_sparse",
      [](const column_in<std::uint64_t>& start, const column_in<std::uint32_t>& index, const column_in<double>& prior,
         std::size_t k, const column_in<double>& rows, const column_in<double>& columns, const column_in<double>& known,
         const column_in<double>& row_weight, const column_in<double>& column_weight, double tol, int sweeps,
         unsigned threads, bool matrix) {
        static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));
        const share::rake_settings s{tol, sweeps, view(row_weight), view(column_weight), threads};
        const share::sparse_matrix p{view(start), view(index), view(prior), k};
        const auto fixed = view(known);
        share::raked_matrix out;
        {
          py::gil_scoped_release free;
          if (fixed.empty())
            out.found = share::rake(p, view(rows), view(columns), s);
          else
            out = share::rake_known(p, fixed, view(rows), view(columns), s);
        }
        return raked(std::move(out), p, !fixed.empty(), matrix, threads);
      },
      "start"_a, "index"_a, "prior"_a, "k"_a, "rows"_a, "columns"_a, "known"_a, "row_weight"_a, "column_weight"_a,
      "tol"_a, "sweeps"_a, "threads"_a, "matrix"_a);
}

void bind_moves(py::module_& m) {
  m.def(
      "own_elasticity",
      [](const column_in<double>& part, std::size_t parts) {
        const auto values = view(part);
        py::gil_scoped_release free;
        const auto law = share::own_elasticity(values, parts);
        return std::make_tuple(law.elasticity, law.spread, law.parts);
      },
      "part"_a, "parts"_a);
  const auto wallets = [](share::own_wallets_result&& r) {
    py::dict out;
    out["wallet"] = give(std::move(r.wallet));
    out["low"] = give(std::move(r.low));
    out["high"] = give(std::move(r.high));
    out["status"] = r.status;
    return out;
  };
  m.def(
      "own_wallets",
      [wallets](const column_in<double>& own, double market, double elasticity, double spread, std::size_t parts,
                double level) {
        share::own_wallets_result r;
        const auto values = view(own);
        {
          py::gil_scoped_release free;
          r = share::own_wallets(values, market, {elasticity, spread, parts}, level);
        }
        return wallets(std::move(r));
      },
      "own"_a, "market"_a, "elasticity"_a, "spread"_a, "parts"_a, "level"_a);
  m.def(
      "surveyed_wallets",
      [wallets](const column_in<double>& own, const column_in<double>& total, const column_in<double>& trait,
                double level) {
        share::own_wallets_result r;
        const auto sales = view(own), totals = view(total), traits = view(trait);
        {
          py::gil_scoped_release free;
          r = share::surveyed_wallets(sales, totals, traits, level);
        }
        return wallets(std::move(r));
      },
      "own"_a, "total"_a, "trait"_a, "level"_a);
  m.def(
      "loss_split",
      [](const column_in<double>& own_before, const column_in<double>& wallet_before, const column_in<double>& own_now,
         const column_in<double>& wallet_now) {
        share::loss_split_columns c;
        const auto a = view(own_before), b = view(wallet_before), d = view(own_now), e = view(wallet_now);
        {
          py::gil_scoped_release free;
          c = share::loss_split(a, b, d, e);
        }
        py::dict out;
        out["change"] = give(std::move(c.change));
        out["rivals"] = give(std::move(c.rivals));
        out["size"] = give(std::move(c.size));
        out["market"] = give(std::move(c.market));
        return out;
      },
      "own_before"_a, "wallet_before"_a, "own_now"_a, "wallet_now"_a);
  m.def(
      "entry_alarm",
      [](const column_in<double>& rival, const column_in<double>& wallet, std::size_t periods, double false_alarm,
         int shuffles, std::uint64_t seed, unsigned threads) {
        share::entry_alarm_columns c;
        const auto x = view(rival), w = view(wallet);
        {
          py::gil_scoped_release free;
          c = share::entry_alarm(x, w, periods, false_alarm, shuffles, seed, threads);
        }
        py::dict out;
        out["p"] = give(std::move(c.p));
        out["alarm"] = give(std::move(c.alarm));
        out["rule"] = give(std::move(c.rule));
        out["rule_false_alarm"] = c.rule_false_alarm;
        return out;
      },
      "rival"_a, "wallet"_a, "periods"_a, "false_alarm"_a, "shuffles"_a, "seed"_a, "threads"_a);
}

}  // namespace

void bind_share_hidden(py::module_& m);

void bind_share(py::module_& m) {
  auto topic = m.def_submodule("share", "Shares, wallets, raking, concentration.");
  bind_supplier_shares(topic);
  bind_plain(topic);
  bind_counts(topic);
  bind_rake(topic);
  bind_moves(topic);
  bind_share_hidden(topic);
  bind_share_classic(topic);
}
}  // namespace guanxi::python
