// Reasons, prices over draws, draws over curves, HiGHS: the fourth part of the plan's bindings.
#include "columns.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/plan/curves.hpp>
#include <guanxi/plan/draw_prices.hpp>
#include <guanxi/plan/highs.hpp>
#include <guanxi/plan/reason.hpp>

#include "plan_book.hpp"

namespace guanxi::python {

void bind_plan_more(py::module_& sub);

namespace {

template <class Real>
py::tuple over_draws(const book_in& in, const column_in<Real>& draws, const plan::allocation& made) {
  plan::draw_prices p;
  {
    py::gil_scoped_release free;
    p = plan::prices_over_draws<Real>(in.book, view(in.budget), view(draws), made, in.set);
  }
  std::vector<double> low, high;
  for (const interval& one : p.price) low.push_back(one.low), high.push_back(one.high);
  return py::make_tuple(give(std::move(low)), give(std::move(high)), give(std::move(p.all)), give(std::move(p.firm)));
}

}  // namespace

void bind_plan_more(py::module_& sub) {
  sub.def(
      "reasons",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget, const py::dict& options,
         const plan::allocation& made, column_in<std::uint32_t> code, const std::vector<std::string>& names) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        py::gil_scoped_release free;
        return plan::reasons(in.book, made, plan::runner_ups(in.book, made, in.set), in.set, {view(code), names});
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "plan"_a, "code"_a, "names"_a);
  sub.def(
      "prices_over_draws",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget, const py::dict& options,
         const py::array& draws, const plan::allocation& made) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        if (py::isinstance<py::array_t<float>>(draws)) return over_draws<float>(in, column_in<float>(draws), made);
        return over_draws<double>(in, column_in<double>(draws), made);
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "draws"_a, "plan"_a);
  sub.def(
      "response_draws",
      [](column_in<std::uint64_t> start, column_in<double> effort, column_in<double> high, column_in<double> half, column_in<double> power,
         std::size_t draws, double half_doubt, double power_doubt, double high_doubt, std::uint64_t seed, unsigned threads) {
        std::vector<float> out;
        {
          py::gil_scoped_release free;
          out = plan::response_draws(view(start), view(effort), {view(high), view(half), view(power)}, draws, {half_doubt, power_doubt, high_doubt},
                                     seed, threads);
        }
        return give(std::move(out));
      },
      "start"_a, "effort"_a, "high"_a, "half"_a, "power"_a, "draws"_a, "half_doubt"_a, "power_doubt"_a, "high_doubt"_a, "seed"_a, "threads"_a);
  sub.def(
      "allocate_by_highs",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget, const py::dict& options,
         const std::string& library, double seconds, double gap, bool core, const py::object& account, const py::object& limit) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        plan::allocation out;
        {
          py::gil_scoped_release free;
          const plan::highs_library highs(library);
          out = plan::allocate_by_highs(highs, in.book, view(in.budget), in.set, {seconds, gap, core});
        }
        if (!out.failing.empty()) out.status = words(out, in.set, account, limit);
        return out;
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "library"_a, "seconds"_a, "gap"_a, "core"_a, "account"_a, "limit"_a);
}

}  // namespace guanxi::python
