#include "columns.hpp"
#include "topics.hpp"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/relation/cox.hpp>
#include <guanxi/relation/departure.hpp>
#include <guanxi/relation/effort.hpp>
#include <guanxi/relation/electre_tri.hpp>
#include <guanxi/relation/kaplan_meier.hpp>
#include <guanxi/relation/migration.hpp>
#include <guanxi/relation/movement.hpp>
#include <guanxi/relation/portfolio.hpp>
#include <guanxi/relation/promethee.hpp>
#include <guanxi/relation/ranking.hpp>
#include <guanxi/relation/sorting.hpp>
#include <guanxi/relation/stability.hpp>
#include <guanxi/relation/stickiness.hpp>
#include <guanxi/relation/tier_model.hpp>
#include <guanxi/relation/tier_rule.hpp>
#include <guanxi/relation/weights.hpp>

namespace guanxi::python {
namespace {
using doubles = column_in<double>;

void set_cuts(relation::cuts& c, const py::dict& given) {
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (name == "share")
      c.share = value.cast<std::array<double, 3>>();
    else if (name == "value")
      c.value = value.cast<std::array<double, 3>>();
    else if (name == "orders")
      c.orders = value.cast<std::array<double, 3>>();
    else if (name == "tenure")
      c.tenure = value.cast<std::array<double, 3>>();
    else if (name == "breadth")
      c.breadth = value.cast<std::array<double, 3>>();
    else if (name == "quantile")
      c.quantile = value.cast<std::array<double, 3>>();
    else if (name == "breadth_floor")
      c.breadth_floor = value.cast<std::array<double, 3>>();
    else if (name == "weight")
      c.weight = value.cast<std::array<double, 4>>();
    else if (name == "majority")
      c.majority = value.cast<double>();
    else if (name == "majority_alone")
      c.majority_alone = value.cast<double>();
    else if (name == "certainty")
      c.certainty = value.cast<double>();
    else if (name == "alive")
      c.alive = value.cast<double>();
    else
      throw error(errc::unknown_name, "relation.tier_rule: no cut '" + name +
                                          "'; cuts are share, value, orders, tenure, breadth, quantile, breadth_floor, "
                                          "weight, majority, majority_alone, certainty, alive");
  }
}

py::dict get_cuts(const relation::cuts& c) {
  return py::dict("share"_a = c.share, "value"_a = c.value, "orders"_a = c.orders, "tenure"_a = c.tenure,
                  "breadth"_a = c.breadth, "quantile"_a = c.quantile, "breadth_floor"_a = c.breadth_floor,
                  "weight"_a = c.weight, "majority"_a = c.majority, "majority_alone"_a = c.majority_alone,
                  "certainty"_a = c.certainty, "alive"_a = c.alive);
}

void bind_tiers(py::module_& m) {
  m.def("labels", [] {
    std::vector<std::string> words;
    for (std::size_t t = 0; t < relation::tier_count; ++t)
      words.emplace_back(relation::label(static_cast<relation::tier>(t)));
    return words;
  });
  m.def(
      "tier_rule",
      [](const doubles& value, const doubles& share, const doubles& low, const doubles& tenure, const doubles& orders,
         const doubles& breadth, const doubles& alive, const py::dict& cuts, unsigned threads) {
        relation::cuts c;
        set_cuts(c, cuts);
        const relation::evidence e{view(value),  view(share),   view(low),  view(tenure),
                                   view(orders), view(breadth), view(alive)};
        relation::tier_columns t;
        std::vector<std::uint8_t> tiers;
        {
          py::gil_scoped_release free;
          c = relation::resolve(e, c);
          t = relation::tier_rule(e, c, threads);
          tiers.reserve(t.value.size());
          for (const relation::tier one : t.value) tiers.push_back(static_cast<std::uint8_t>(one));
        }
        return py::make_tuple(give(std::move(tiers)), give(std::move(t.p_vendor)), give(std::move(t.p_preferred)),
                              give(std::move(t.p_partnership)), give(std::move(t.p_alliance)), std::move(t.why),
                              get_cuts(c));
      },
      "value_year"_a, "share"_a, "share_low"_a, "tenure"_a, "orders_year"_a, "breadth"_a, "p_alive"_a, "cuts"_a,
      "threads"_a);
  m.def(
      "movement",
      [](const column_in<std::uint32_t>& customer, const column_in<std::int64_t>& period,
         const column_in<std::uint8_t>& tier, std::size_t tiers, double level) {
        relation::movement_table t;
        {
          py::gil_scoped_release free;
          t = relation::movement(view(customer), view(period), view(tier), tiers, level);
        }
        return py::dict("counts"_a = give(std::move(t.counts)), "rate"_a = give(std::move(t.rate)),
                        "low"_a = give(std::move(t.low)), "high"_a = give(std::move(t.high)),
                        "stay"_a = give(std::move(t.stay)), "stay_low"_a = give(std::move(t.stay_low)),
                        "stay_high"_a = give(std::move(t.stay_high)), "period"_a = give(std::move(t.period)),
                        "up"_a = give(std::move(t.up)), "same"_a = give(std::move(t.same)),
                        "down"_a = give(std::move(t.down)), "gaps"_a = t.gaps);
      },
      "customer"_a, "period"_a, "tier"_a, "tiers"_a, "level"_a);
}

using bytes = column_in<std::uint8_t>;
using codes = column_in<std::uint32_t>;
using longs = column_in<std::int64_t>;
using integers = column_in<int>;

template <class T>
[[nodiscard]] std::vector<T> copy_of(std::span<const T> values) {
  return {values.begin(), values.end()};
}

/// Keeps the numpy columns of a panel alive while a kernel looks at them.
struct panel_in {
  codes customer;
  longs period;
  std::vector<std::pair<std::string, doubles>> emissions, covariates;
  doubles exposure;
  [[nodiscard]] relation::panel see() const {
    relation::panel p{view(customer), view(period), {}, {}, view(exposure)};
    for (const auto& [name, column] : emissions) p.emissions.push_back({name, view(column)});
    for (const auto& [name, column] : covariates) p.covariates.push_back({name, view(column)});
    return p;
  }
};

std::vector<relation::emission> read_emissions(const std::vector<py::dict>& given) {
  std::vector<relation::emission> out;
  for (const py::dict& d : given) {
    relation::emission e{
        d["column"].cast<std::string>(), relation::to_family(d["family"].cast<std::string>()), {}, {}, {}, {}, {}};
    const auto take = [&](const char* key, std::vector<double>& into) {
      if (d.contains(key)) into = d[key].cast<std::vector<double>>();
    };
    take("mean", e.mean), take("spread", e.spread), take("zero", e.zero), take("one", e.one),
        take("reading", e.reading);
    out.push_back(std::move(e));
  }
  return out;
}

py::list write_emissions(std::span<const relation::emission> laws) {
  py::list out;
  for (const relation::emission& e : laws) {
    py::dict d("column"_a = e.column, "family"_a = std::string(relation::name(e.kind)));
    d["mean"] = e.mean, d["spread"] = e.spread, d["zero"] = e.zero, d["one"] = e.one, d["reading"] = e.reading;
    out.append(d);
  }
  return out;
}

py::dict rows_out(relation::tier_rows&& r) {
  return py::dict("p"_a = give(std::move(r.p)), "tier"_a = give(std::move(r.tier)), "why"_a = std::move(r.why),
                  "log_likelihood"_a = r.log_likelihood);
}

py::dict forecast_out(relation::tier_forecast&& f) {
  py::list columns;
  for (auto& c : f.columns)
    columns.append(py::make_tuple(c.name, give(std::move(c.mean)), give(std::move(c.low)), give(std::move(c.high))));
  return py::dict("customer"_a = give(std::move(f.customer)), "ahead"_a = give(std::move(f.ahead)),
                  "tier"_a = give(std::move(f.tier)), "p"_a = give(std::move(f.p)), "p_up"_a = give(std::move(f.up)),
                  "p_up_low"_a = give(std::move(f.up_low)), "p_up_high"_a = give(std::move(f.up_high)),
                  "p_down"_a = give(std::move(f.down)), "p_down_low"_a = give(std::move(f.down_low)),
                  "p_down_high"_a = give(std::move(f.down_high)), "columns"_a = columns);
}

relation::tier_settings read_settings(const py::dict& d) {
  relation::tier_settings s;
  s.tiers = d["tiers"].cast<std::size_t>(), s.emissions = read_emissions(d["emissions"].cast<std::vector<py::dict>>());
  s.hold = d["hysteresis"].cast<double>(), s.dwell = d["dwell"].cast<std::size_t>(),
  s.strength = d["strength"].cast<double>();
  s.ridge = d["ridge"].cast<double>(), s.prior = d["prior"].cast<double>(), s.starts = d["starts"].cast<int>();
  s.seed = d["seed"].cast<std::uint64_t>(), s.tol = d["tol"].cast<double>(), s.max_passes = d["max_passes"].cast<int>();
  s.threads = d["threads"].cast<unsigned>(), s.lost = d["lost"].cast<bool>();
  s.initial = d["stationary"].cast<bool>() ? relation::beginning::stationary : relation::beginning::free;
  return s;
}

void bind_tier_model(py::module_& m) {
  using relation::TierModel;
  py::class_<panel_in>(m, "Panel")
      .def(py::init([](codes customer, longs period, std::vector<std::pair<std::string, doubles>> emissions,
                       std::vector<std::pair<std::string, doubles>> covariates, doubles exposure) {
             return panel_in{std::move(customer), std::move(period), std::move(emissions), std::move(covariates),
                             std::move(exposure)};
           }),
           "customer"_a, "period"_a, "emissions"_a, "covariates"_a, "exposure"_a);
  py::class_<TierModel>(m, "TierModel")
      .def(py::init([](const py::dict& settings) { return TierModel(read_settings(settings)); }), "settings"_a)
      .def_static("given",
                  [](std::vector<double> initial, std::vector<double> transitions,
                     const std::vector<py::dict>& emissions, const py::dict& settings) {
                    return TierModel::given(std::move(initial), std::move(transitions), read_emissions(emissions),
                                            read_settings(settings));
                  })
      .def("fit",
           [](TierModel& t, const panel_in& p) {
             const relation::panel seen = p.see();
             py::gil_scoped_release free;
             t.fit(seen);
           })
      .def("run_pass",
           [](TierModel& t, const panel_in& p) {
             const relation::panel seen = p.see();
             py::gil_scoped_release free;
             return t.pass(seen);
           })
      .def("filter",
           [](const TierModel& t, const panel_in& p, bool words) {
             const relation::panel seen = p.see();
             relation::tier_rows r;
             {
               py::gil_scoped_release free;
               r = t.filter(seen, words);
             }
             return rows_out(std::move(r));
           })
      .def("smooth",
           [](const TierModel& t, const panel_in& p) {
             const relation::panel seen = p.see();
             relation::tier_rows r;
             {
               py::gil_scoped_release free;
               r = t.smooth(seen);
             }
             return rows_out(std::move(r));
           })
      .def("forecast",
           [](const TierModel& t, const panel_in& p, std::size_t periods, const doubles& ahead, int draws,
              bool columns) {
             const relation::panel seen = p.see();
             relation::tier_forecast f;
             {
               py::gil_scoped_release free;
               f = t.forecast(seen, periods, view(ahead), draws, columns);
             }
             return forecast_out(std::move(f));
           })
      .def("transitions", [](const TierModel& t, const doubles& z) { return give(t.transitions(view(z))); })
      .def("initial", [](const TierModel& t) { return give(copy_of(t.initial())); })
      .def("thresholds", [](const TierModel& t) { return give(copy_of(t.thresholds())); })
      .def("effects", [](const TierModel& t) { return give(t.effects()); })
      .def("effect_errors", [](const TierModel& t) { return give(copy_of(t.effect_errors())); })
      .def("transition_errors", [](const TierModel& t) { return give(copy_of(t.transition_errors())); })
      .def("emissions", [](const TierModel& t) { return write_emissions(t.emissions()); })
      .def("emission_errors", [](const TierModel& t) { return write_emissions(t.emission_errors()); })
      .def("log_likelihood", &TierModel::log_likelihood)
      .def("history", [](const TierModel& t) { return give(copy_of(t.history())); })
      .def("bic", &TierModel::bic)
      .def("parameters", &TierModel::parameters)
      .def("states", &TierModel::states)
      .def("prior", &TierModel::prior)
      .def("passes", &TierModel::passes)
      .def("gradient_norm", &TierModel::gradient_norm)
      .def("status", &TierModel::status);
}

void bind_retention(py::module_& m) {
  m.def("kaplan_meier",
        [](const doubles& duration, const bytes& event, const doubles& entry, const doubles& weights, double level) {
          relation::survival_curve c;
          {
            py::gil_scoped_release free;
            c = relation::kaplan_meier(view(duration), view(event), view(entry), view(weights), level);
          }
          return py::dict("time"_a = give(std::move(c.time)), "at_risk"_a = give(std::move(c.at_risk)),
                          "events"_a = give(std::move(c.events)), "survival"_a = give(std::move(c.survival)),
                          "std_error"_a = give(std::move(c.std_error)), "low"_a = give(std::move(c.low)),
                          "high"_a = give(std::move(c.high)), "hazard"_a = give(std::move(c.hazard)),
                          "median"_a = c.median, "median_low"_a = c.median_low, "median_high"_a = c.median_high);
        });
  m.def("log_rank", [](const doubles& duration, const bytes& event, const codes& group, const doubles& weights) {
    relation::log_rank_test t;
    {
      py::gil_scoped_release free;
      t = relation::log_rank(view(duration), view(event), view(group), view(weights));
    }
    return py::make_tuple(t.statistic, t.degrees, t.p_value, give(std::move(t.observed)), give(std::move(t.expected)));
  });
  m.def("cumulative_incidence", [](const doubles& duration, const bytes& cause, const doubles& weights) {
    relation::incidence_curve c;
    {
      py::gil_scoped_release free;
      c = relation::cumulative_incidence(view(duration), view(cause), view(weights));
    }
    return py::make_tuple(c.causes, give(std::move(c.time)), give(std::move(c.survival)), give(std::move(c.incidence)),
                          give(std::move(c.std_error)));
  });
  m.def("cox", [](const doubles& x, std::size_t p, const doubles& duration, const bytes& event, const doubles& weights,
                  const doubles& entry, const codes& strata, bool residuals, bool efron, double tol, int max_passes) {
    relation::Cox c(efron ? relation::ties::efron : relation::ties::breslow, tol, max_passes);
    {
      py::gil_scoped_release free;
      c.fit(view(x), p, view(duration), view(event), view(weights), view(entry), view(strata), residuals);
    }
    py::dict out("coef"_a = give(copy_of(c.coefficients())), "standard_errors"_a = give(copy_of(c.standard_errors())),
                 "log_likelihood"_a = c.log_likelihood(), "log_likelihood_null"_a = c.log_likelihood_null(),
                 "concordance"_a = c.concordance(), "gradient_norm"_a = c.gradient_norm(), "passes"_a = c.passes(),
                 "status"_a = c.status());
    out["baseline_time"] = give(copy_of(c.baseline_time())), out["baseline"] = give(copy_of(c.baseline()));
    out["baseline_stratum"] = give(copy_of(c.baseline_stratum())), out["schoenfeld"] = give(copy_of(c.schoenfeld()));
    out["schoenfeld_time"] = give(copy_of(c.schoenfeld_time()));
    out["proportionality"] = give(copy_of(c.proportionality()));
    out["proportionality_p"] = give(copy_of(c.proportionality_p()));
    return out;
  });
  m.def("spread_departure", [](const doubles& last, const doubles& age, const doubles& p_alive) {
    relation::departures d;
    {
      py::gil_scoped_release free;
      d = relation::spread_departure(view(last), view(age), view(p_alive));
    }
    return py::make_tuple(give(std::move(d.row)), give(std::move(d.duration)), give(std::move(d.event)),
                          give(std::move(d.weight)));
  });
  m.def("stickiness", [](const codes& customer, const longs& period, const doubles& share, const doubles& orders,
                         const doubles& lines, const doubles& offered, double level) {
    relation::stickiness_table t;
    {
      py::gil_scoped_release free;
      t = relation::stickiness({view(customer), view(period), view(share), view(orders), view(lines), view(offered)},
                               level);
    }
    return py::dict("customer"_a = give(std::move(t.customer)), "periods"_a = give(std::move(t.periods)),
                    "bought"_a = give(std::move(t.bought)), "persistence"_a = give(std::move(t.persistence)),
                    "persistence_low"_a = give(std::move(t.persistence_low)),
                    "persistence_high"_a = give(std::move(t.persistence_high)), "stay"_a = give(std::move(t.stay)),
                    "volatility"_a = give(std::move(t.volatility)), "breadth"_a = give(std::move(t.breadth)),
                    "breadth_low"_a = give(std::move(t.breadth_low)),
                    "breadth_high"_a = give(std::move(t.breadth_high)));
  });
  m.def("migration_value",
        [](const doubles& transitions, const doubles& reward, double rate, std::optional<std::size_t> periods) {
          return give(periods ? relation::migration_value(view(transitions), view(reward), rate, *periods)
                              : relation::migration_value(view(transitions), view(reward), rate));
        });
  m.def("gain_of_effort", [](const doubles& transitions, const doubles& reward, std::size_t levels, double rate) {
    return give(relation::gain_of_effort(view(transitions), view(reward), levels, rate));
  });
  m.def("value_of_effort",
        [](const doubles& transitions, const doubles& reward, const doubles& effort, double mean, double sd,
           double half, double rate, std::size_t draws, std::uint64_t seed, double level) {
          relation::effort_values v;
          {
            py::gil_scoped_release free;
            v = relation::value_of_effort(view(transitions), view(reward), view(effort), {mean, sd, half}, rate, draws,
                                          seed, level);
          }
          return py::dict("value"_a = give(std::move(v.value)), "value_low"_a = give(std::move(v.value_low)),
                          "value_high"_a = give(std::move(v.value_high)), "gain"_a = give(std::move(v.gain)),
                          "gain_low"_a = give(std::move(v.gain_low)), "gain_high"_a = give(std::move(v.gain_high)),
                          "positive"_a = give(std::move(v.positive)));
        });
}

std::vector<relation::preference_rule> read_rules(const std::vector<std::string>& shape, const doubles& q,
                                                  const doubles& p, const doubles& s) {
  std::vector<relation::preference_rule> rules;
  for (std::size_t k = 0; k < shape.size(); ++k)
    rules.push_back({relation::to_preference(shape[k]), view(q)[k], view(p)[k], view(s)[k]});
  return rules;
}

void bind_cold_start(py::module_& m) {
  m.def("portfolio", [](const doubles& axes, const doubles& errors, const std::vector<std::vector<double>>& cuts) {
    relation::portfolio_cells c;
    {
      py::gil_scoped_release free;
      c = relation::portfolio(view(axes), view(errors), cuts);
    }
    return py::make_tuple(c.cells, give(std::move(c.cell)), give(std::move(c.p)), give(std::move(c.nearest)),
                          give(std::move(c.near_axis)), c.doubtful);
  });
  m.def("copras", [](const doubles& x, const doubles& weights, const integers& types) {
    std::vector<double> out;
    {
      py::gil_scoped_release free;
      out = relation::copras({view(x), view(weights), view(types)});
    }
    return give(std::move(out));
  });
  m.def("flow_sort",
        [](const doubles& x, const doubles& weights, const integers& types, const std::vector<std::string>& shape,
           const doubles& q, const doubles& p, const doubles& s, const doubles& profiles) {
          const auto rules = read_rules(shape, q, p, s);
          std::vector<std::uint8_t> out;
          {
            py::gil_scoped_release free;
            out = relation::flow_sort({view(x), view(weights), view(types)}, rules, view(profiles));
          }
          return give(std::move(out));
        });
  m.def("topsis_sort", [](const doubles& x, const doubles& weights, const integers& types, const doubles& profiles,
                          const doubles& bounds) {
    std::vector<std::uint8_t> out;
    {
      py::gil_scoped_release free;
      out = relation::topsis_sort({view(x), view(weights), view(types)}, view(profiles), view(bounds));
    }
    return give(std::move(out));
  });
  m.def("top_chances", [](const doubles& x, const doubles& weights, const integers& types, std::size_t k,
                          const std::string& method, const std::vector<std::string>& shape, const doubles& q,
                          const doubles& p, const doubles& s, std::size_t draws, double certainty, std::uint64_t seed) {
    const auto rules = read_rules(shape, q, p, s);
    const auto how = relation::to_ranking(method);
    relation::rank_acceptability a;
    {
      py::gil_scoped_release free;
      a = relation::top_chances({view(x), view(weights), view(types)}, k, how, rules, draws, certainty, seed);
    }
    return py::make_tuple(give(std::move(a.top)), give(std::move(a.std_error)), give(std::move(a.mean_rank)));
  });
  m.def("stability", [](const doubles& x, const doubles& weights, const integers& types, const std::string& method,
                        const std::vector<std::string>& shape, const doubles& q, const doubles& p, const doubles& s,
                        std::size_t most, std::uint64_t seed) {
    const auto rules = read_rules(shape, q, p, s);
    const auto how = relation::to_ranking(method);
    relation::rank_reversal r;
    {
      py::gil_scoped_release free;
      r = relation::stability({view(x), view(weights), view(types)}, how, rules, most, seed);
    }
    return py::make_tuple(r.tried, r.turning, give(std::move(r.left_out)), give(std::move(r.turned)));
  });
}

void bind_sorting(py::module_& m) {
  m.def("promethee", [](const doubles& x, const doubles& weights, const integers& types,
                        const std::vector<std::string>& shape, const doubles& q, const doubles& p, const doubles& s) {
    const auto rules = read_rules(shape, q, p, s);
    relation::promethee_flows f;
    {
      py::gil_scoped_release free;
      f = relation::promethee({view(x), view(weights), view(types)}, rules);
    }
    return py::make_tuple(give(std::move(f.net)), give(std::move(f.plus)), give(std::move(f.minus)));
  });
  m.def("electre_tri", [](const doubles& x, const doubles& weights, const integers& types, const doubles& profiles,
                          const doubles& q, const doubles& p, const doubles& v, double cut) {
    relation::sorted_classes c;
    {
      py::gil_scoped_release free;
      c = relation::electre_tri({view(x), view(weights), view(types)},
                                {view(profiles), view(q), view(p), view(v), cut});
    }
    return py::make_tuple(give(std::move(c.pessimistic)), give(std::move(c.optimistic)));
  });
  m.def("smaa_tri",
        [](const doubles& x, const doubles& weights, const integers& types, const doubles& profiles, const doubles& q,
           const doubles& p, const doubles& v, double cut, std::size_t draws, double certainty, std::uint64_t seed) {
          relation::class_acceptability a;
          {
            py::gil_scoped_release free;
            a = relation::smaa_tri({view(x), view(weights), view(types)},
                                   {view(profiles), view(q), view(p), view(v), cut}, draws, certainty, seed);
          }
          return py::make_tuple(a.classes, give(std::move(a.share)), give(std::move(a.std_error)),
                                give(std::move(a.likeliest)));
        });
  m.def("topsis", [](const doubles& x, const doubles& weights, const integers& types) {
    py::gil_scoped_release free;
    auto out = relation::topsis({view(x), view(weights), view(types)});
    py::gil_scoped_acquire hold;
    return give(std::move(out));
  });
  m.def("vikor", [](const doubles& x, const doubles& weights, const integers& types, double v) {
    auto r = relation::vikor({view(x), view(weights), view(types)}, v);
    return py::make_tuple(give(std::move(r.s)), give(std::move(r.r)), give(std::move(r.q)));
  });
  m.def("spotis", [](const doubles& x, const doubles& weights, const integers& types, const doubles& bounds) {
    return give(relation::spotis({view(x), view(weights), view(types)}, view(bounds)));
  });
  m.def("weights", [](const doubles& x, std::size_t criteria, const std::string& method, const integers& types) {
    return give(relation::weights(view(x), criteria, relation::to_weighting(method), view(types)));
  });
  m.def("weights_ahp", [](const doubles& pairs) {
    auto a = relation::weights_ahp(view(pairs));
    return py::make_tuple(give(std::move(a.weights)), a.ratio, a.status);
  });
}
}  // namespace

void bind_relation(py::module_& m) {
  auto relation = m.def_submodule("relation", "Tiers, movement, retention, sorting by several criteria.");
  bind_tiers(relation);
  bind_tier_model(relation);
  bind_retention(relation);
  bind_sorting(relation);
  bind_cold_start(relation);
  bind_relation_retention(relation);
}
}  // namespace guanxi::python
