// Draws, rules of thumb, exploration and the pool: the third part of the plan's bindings.
#include "columns.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/plan/explore.hpp>
#include <guanxi/plan/pool.hpp>
#include <guanxi/plan/risk.hpp>
#include <guanxi/plan/rules.hpp>

#include "plan_book.hpp"

namespace guanxi::python {

void bind_plan_risk(py::module_& sub);

namespace {

template <class Real>
py::tuple at_risk(book_in in, const column_in<Real>& draws, double risk, double tail, double tolerance, std::size_t rounds, const py::object& account,
                  const py::object& limit, const column_in<std::uint32_t>& against) {
  plan::risk_plan p;
  {
    py::gil_scoped_release free;
    p = plan::allocate_at_risk<Real>(in.book, view(in.budget), view(draws), in.set, {risk, tail, tolerance, rounds, view(against)});
  }
  p.chosen.status = words(p.chosen, in.set, account, limit);
  std::vector<double> low, high;
  for (const interval& one : p.gain) low.push_back(one.low), high.push_back(one.high);
  return py::make_tuple(std::move(p.chosen), p.mean, p.cvar, give(std::move(p.total)), give(std::move(p.chance)), give(std::move(low)),
                        give(std::move(high)), p.rounds);
}

}  // namespace

void bind_plan_risk(py::module_& sub) {
  sub.def(
      "allocate_at_risk",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget, const py::dict& options,
         const py::array& draws, double risk, double tail, double tolerance, std::size_t rounds, const py::object& account, const py::object& limit,
         column_in<std::uint32_t> against) {
        book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        if (py::isinstance<py::array_t<float>>(draws))
          return at_risk<float>(std::move(in), column_in<float>(draws), risk, tail, tolerance, rounds, account, limit, against);
        return at_risk<double>(std::move(in), column_in<double>(draws), risk, tail, tolerance, rounds, account, limit, against);
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "draws"_a, "risk"_a, "tail"_a, "tolerance"_a, "rounds"_a, "account"_a, "limit"_a, "against"_a);
  sub.def(
      "simple_rules",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget, column_in<double> revenue,
         column_in<std::uint32_t> present) {
        std::vector<plan::rule_plan> made;
        const plan::book b{view(start), view(value), view(cost), static_cast<std::size_t>(budget.size())};
        {
          py::gil_scoped_release free;
          made = plan::simple_rules(b, view(budget), view(revenue), view(present));
        }
        py::list out;
        for (plan::rule_plan& one : made) out.append(py::make_tuple(one.name, give(std::move(one.level)), one.value, one.used));
        return out;
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "revenue"_a, "present"_a);
  sub.def(
      "common_draws",
      [](column_in<std::uint64_t> start, column_in<double> mean, const std::vector<std::pair<column_in<std::uint32_t>, double>>& factors,
         column_in<double> own_sd, std::size_t draws, std::uint64_t seed, unsigned threads) {
        std::vector<plan::common_factor> list;
        for (const auto& [group, sd] : factors) list.push_back({view(group), sd});
        std::vector<float> out;
        {
          py::gil_scoped_release free;
          out = plan::common_draws(view(start), view(mean), list, view(own_sd), draws, seed, threads);
        }
        return give(std::move(out));
      },
      "start"_a, "mean"_a, "factors"_a, "own_sd"_a, "draws"_a, "seed"_a, "threads"_a);
  sub.def(
      "knowledge_gradient",
      [](column_in<double> net, column_in<double> slope, std::size_t levels) {
        if (net.size() != slope.size())
          throw error(errc::size_mismatch, "plan::knowledge_gradient: 'net' has " + std::to_string(net.size()) + " entries, 'slope' has " + std::to_string(slope.size()));
        const std::size_t n = levels == 0 ? 0 : static_cast<std::size_t>(net.size()) / levels;
        std::vector<double> out(n);
        for (std::size_t i = 0; i < n; ++i)
          out[i] = plan::knowledge_gradient(view(net).subspan(i * levels, levels), view(slope).subspan(i * levels, levels));
        return give(std::move(out));
      },
      "net"_a, "slope"_a, "levels"_a);
  sub.def(
      "pool_rule",
      [](column_in<double> owner, column_in<double> pool, column_in<double> act, column_in<double> decay, double moving, double discount, double delay) {
        plan::pool_columns p = plan::pool_rule({view(owner), view(pool), view(act), view(decay)}, moving, discount, delay);
        return py::make_tuple(give(std::move(p.keep)), give(std::move(p.release)), give(std::move(p.lost)), give(std::move(p.give_back)));
      },
      "owner_gain"_a, "pool_gain"_a, "act"_a, "decay"_a, "moving"_a, "discount"_a, "delay"_a);
}

}  // namespace guanxi::python
