// Continuous effort and managers: the second half of the plan's bindings.
#include "columns.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/plan/assign.hpp>
#include <guanxi/plan/pairs.hpp>
#include <guanxi/plan/spread.hpp>

namespace guanxi::python {

void bind_plan_staff(py::module_& sub);

void bind_plan_staff(py::module_& sub) {
  sub.def(
      "spread",
      [](column_in<double> low, column_in<double> high, column_in<double> half, column_in<double> power, column_in<double> most,
         double budget, double tolerance, std::uint64_t nodes, unsigned threads) {
        plan::spread_plan p;
        {
          py::gil_scoped_release free;
          p = plan::spread({view(low), view(high), view(half), view(power), view(most)}, budget, {tolerance, nodes, threads});
        }
        py::dict out;
        out["effort"] = give(std::move(p.effort)), out["value"] = give(std::move(p.value));
        out["price"] = p.price, out["total"] = p.total, out["bound"] = p.bound, out["gap"] = p.gap, out["used"] = p.used;
        out["nodes"] = p.nodes, out["status"] = p.status;
        return out;
      },
      "low"_a, "high"_a, "half"_a, "power"_a, "most"_a, "budget"_a, "tolerance"_a = 1e-6, "nodes"_a = 2'000, "threads"_a = 0);
  sub.def(
      "response_from_answers",
      [](column_in<double> effort, column_in<double> none, column_in<double> now, column_in<double> more, column_in<double> saturation) {
        const auto n = static_cast<std::size_t>(effort.size());
        for (const auto* other : {&none, &now, &more, &saturation})
          if (static_cast<std::size_t>(other->size()) != n)
            throw error(errc::size_mismatch, "plan::response_from_answers: columns of unlike length");
        std::vector<double> half(n), power(n);
        for (std::size_t i = 0; i < n; ++i) {
          const plan::response r = plan::response_from_answers(effort.at(i), none.at(i), now.at(i), more.at(i), saturation.at(i));
          half[i] = r.half, power[i] = r.power;
        }
        return py::make_tuple(give(std::move(half)), give(std::move(power)));
      },
      "effort"_a, "none"_a, "now"_a, "more"_a, "saturation"_a);
  sub.def(
      "assign",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<std::uint32_t> manager, column_in<double> load, column_in<double> cost,
         std::size_t managers, std::size_t loads, std::size_t budgets, column_in<double> floor, column_in<double> capacity,
         column_in<double> budget, std::size_t effort, unsigned threads, std::vector<double> prices) {
        plan::assignment a;
        {
          py::gil_scoped_release free;
          plan::assign_settings set;
          set.threads = threads, set.effort = effort, set.start = std::move(prices);
          a = plan::assign({view(start), view(value), view(manager), view(load), view(cost), managers, loads, budgets},
                           {view(floor), view(capacity), view(budget)}, set);
        }
        py::dict out;
        out["option"] = give(std::move(a.option)), out["loss"] = give(std::move(a.loss)), out["net"] = give(std::move(a.net));
        out["prices"] = give(std::move(a.prices)), out["budget_prices"] = give(std::move(a.budget_prices));
        out["loads"] = give(std::move(a.loads)), out["used"] = give(std::move(a.used));
        out["value"] = a.value, out["bound"] = a.bound, out["gap"] = a.gap, out["status"] = a.status, out["feasible"] = a.feasible;
        out["short_of"] = a.short_of, out["need"] = a.need, out["have"] = a.have;
        return out;
      },
      "start"_a, "value"_a, "manager"_a, "load"_a, "cost"_a, "managers"_a, "loads"_a, "budgets"_a, "floor"_a, "capacity"_a, "budget"_a,
      "effort"_a = 600, "threads"_a = 0, "prices"_a = std::vector<double>());
  sub.def(
      "pairs",
      [](column_in<double> value, column_in<double> hours, column_in<std::uint64_t> languages, column_in<std::uint64_t> skills,
         column_in<double> latitude, column_in<double> longitude, column_in<double> visits, std::size_t managers,
         column_in<std::uint64_t> their_languages, column_in<std::uint64_t> their_skills, column_in<double> their_latitude,
         column_in<double> their_longitude, double missing_skill, double hours_per_1000_km, double farthest) {
        plan::pair_columns p;
        {
          py::gil_scoped_release free;
          p = plan::pairs({view(value), view(hours), view(languages), view(skills), view(latitude), view(longitude), view(visits)},
                          {view(their_languages), view(their_skills), view(their_latitude), view(their_longitude), managers},
                          {missing_skill, hours_per_1000_km, farthest});
        }
        return py::make_tuple(give(std::move(p.account)), give(std::move(p.manager)), give(std::move(p.value)), give(std::move(p.hours)),
                              give(std::move(p.distance)));
      },
      "value"_a, "hours"_a, "languages"_a, "skills"_a, "latitude"_a, "longitude"_a, "visits"_a, "managers"_a, "their_languages"_a,
      "their_skills"_a, "their_latitude"_a, "their_longitude"_a, "missing_skill"_a, "hours_per_1000_km"_a, "farthest"_a);
}

}  // namespace guanxi::python
