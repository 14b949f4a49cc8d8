#include "columns.hpp"
#include "topics.hpp"

#include <array>
#include <string>

#include <guanxi/relation/movement.hpp>
#include <guanxi/relation/tier_rule.hpp>

namespace guanxi::python {
namespace {
using doubles = column_in<double>;

void set_cuts(relation::cuts& c, const py::dict& given) {
  for (const auto& [key, value] : given) {
    const auto name = key.cast<std::string>();
    if (name == "share") c.share = value.cast<std::array<double, 3>>();
    else if (name == "value") c.value = value.cast<std::array<double, 3>>();
    else if (name == "orders") c.orders = value.cast<std::array<double, 3>>();
    else if (name == "tenure") c.tenure = value.cast<std::array<double, 3>>();
    else if (name == "breadth") c.breadth = value.cast<std::array<double, 3>>();
    else if (name == "quantile") c.quantile = value.cast<std::array<double, 3>>();
    else if (name == "breadth_floor") c.breadth_floor = value.cast<std::array<double, 3>>();
    else if (name == "weight") c.weight = value.cast<std::array<double, 4>>();
    else if (name == "majority") c.majority = value.cast<double>();
    else if (name == "majority_alone") c.majority_alone = value.cast<double>();
    else if (name == "certainty") c.certainty = value.cast<double>();
    else if (name == "alive") c.alive = value.cast<double>();
    else throw error(errc::unknown_name, "relation.tier_rule: no cut '" + name + "'; cuts are share, value, orders, tenure, breadth, quantile, breadth_floor, weight, majority, majority_alone, certainty, alive");
  }
}

py::dict get_cuts(const relation::cuts& c) {
  return py::dict("share"_a = c.share, "value"_a = c.value, "orders"_a = c.orders, "tenure"_a = c.tenure, "breadth"_a = c.breadth,
                  "quantile"_a = c.quantile, "breadth_floor"_a = c.breadth_floor, "weight"_a = c.weight, "majority"_a = c.majority,
                  "majority_alone"_a = c.majority_alone, "certainty"_a = c.certainty, "alive"_a = c.alive);
}

void bind_tiers(py::module_& m) {
  m.def("labels", [] {
    std::vector<std::string> words;
    for (std::size_t t = 0; t < relation::tier_count; ++t) words.emplace_back(relation::label(static_cast<relation::tier>(t)));
    return words;
  });
  m.def("tier_rule",
        [](const doubles& value, const doubles& share, const doubles& low, const doubles& tenure, const doubles& orders, const doubles& breadth,
           const doubles& alive, const py::dict& cuts, unsigned threads) {
          relation::cuts c;
          set_cuts(c, cuts);
          const relation::evidence e{view(value), view(share), view(low), view(tenure), view(orders), view(breadth), view(alive)};
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
                                give(std::move(t.p_partnership)), give(std::move(t.p_alliance)), std::move(t.why), get_cuts(c));
        },
        "value_year"_a, "share"_a, "share_low"_a, "tenure"_a, "orders_year"_a, "breadth"_a, "p_alive"_a, "cuts"_a, "threads"_a);
  m.def("movement",
        [](const column_in<std::uint32_t>& customer, const column_in<std::int64_t>& period, const column_in<std::uint8_t>& tier, std::size_t tiers,
           double level) {
          relation::movement_table t;
          {
            py::gil_scoped_release free;
            t = relation::movement(view(customer), view(period), view(tier), tiers, level);
          }
          return py::dict("counts"_a = give(std::move(t.counts)), "rate"_a = give(std::move(t.rate)), "low"_a = give(std::move(t.low)),
                          "high"_a = give(std::move(t.high)), "stay"_a = give(std::move(t.stay)), "stay_low"_a = give(std::move(t.stay_low)),
                          "stay_high"_a = give(std::move(t.stay_high)), "period"_a = give(std::move(t.period)), "up"_a = give(std::move(t.up)),
                          "same"_a = give(std::move(t.same)), "down"_a = give(std::move(t.down)), "gaps"_a = t.gaps);
        },
        "customer"_a, "period"_a, "tier"_a, "tiers"_a, "level"_a);
}
}  // namespace

void bind_relation(py::module_& m) {
  auto relation = m.def_submodule("relation", "Tiers, movement, retention, sorting by several criteria.");
  bind_tiers(relation);
}
}  // namespace guanxi::python
