#include "columns.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/plan.hpp>

#include "plan_book.hpp"

namespace guanxi::python {

void bind_plan_staff(py::module_& sub);
void bind_plan_risk(py::module_& sub);
void bind_plan_more(py::module_& sub);

void bind_plan(py::module_& m) {
  py::module_ sub = m.def_submodule("plan");
  bind_plan_staff(sub);
  py::class_<plan::allocation>(sub, "Allocation")
      .def_property_readonly("level", [](const py::object& self) { return look<std::uint32_t>(self.cast<const plan::allocation&>().level, self); })
      .def_property_readonly("loss", [](const py::object& self) { return look<double>(self.cast<const plan::allocation&>().loss, self); })
      .def_property_readonly("net", [](const py::object& self) { return look<double>(self.cast<const plan::allocation&>().net, self); })
      .def_readonly("prices", &plan::allocation::prices)
      .def_readonly("used", &plan::allocation::used)
      .def_readonly("limit_prices", &plan::allocation::limit_prices)
      .def_readonly("limit_used", &plan::allocation::limit_used)
      .def_readonly("value", &plan::allocation::value)
      .def_readonly("bound", &plan::allocation::bound)
      .def_readonly("dual", &plan::allocation::dual)
      .def_readonly("gap", &plan::allocation::gap)
      .def_readonly("status", &plan::allocation::status)
      .def_readonly("nodes", &plan::allocation::nodes)
      .def_readonly("core", &plan::allocation::core)
      .def_property_readonly("failing",
                             [](const plan::allocation& self) {
                               constexpr const char* kinds[] = {"least need", "out of reach", "joint", "no level", "not found"};
                               py::list out;
                               for (const plan::shortfall& s : self.failing)
                                 out.append(py::make_tuple(kinds[static_cast<std::size_t>(s.why)], s.budget, s.of_limit, s.limit, s.need, s.have, s.raise, s.accounts));
                               return out;
                             })
      .def_property_readonly("feasible", &plan::allocation::feasible);
  py::class_<plan::explanation>(sub, "Explanation")
      .def_readonly("level", &plan::explanation::level)
      .def_readonly("runner_up", &plan::explanation::runner_up)
      .def_readonly("value", &plan::explanation::value)
      .def_readonly("loss", &plan::explanation::loss)
      .def_readonly("net", &plan::explanation::net)
      .def_readonly("runner_net", &plan::explanation::runner_net)
      .def_readonly("cost", &plan::explanation::cost)
      .def_readonly("switching", &plan::explanation::switching);
  bind_plan_risk(sub);
  bind_plan_more(sub);
  sub.def(
      "allocate",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
         const py::dict& options, const py::object& account, const py::object& limit) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        plan::allocation out;
        {
          py::gil_scoped_release free;
          out = plan::allocate(in.book, view(in.budget), in.set);
        }
        out.status = words(out, in.set, account, limit);
        return out;
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "account"_a = py::none(), "limit"_a = py::none());
  sub.def(
      "explain",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
         const py::dict& options, const plan::allocation& made, std::size_t account) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        return plan::explain(in.book, made, account, in.set);
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "plan"_a, "account"_a);
  sub.def(
      "runner_ups",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
         const py::dict& options, const plan::allocation& made) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        plan::runner_up_columns out;
        {
          py::gil_scoped_release free;
          out = plan::runner_ups(in.book, made, in.set);
        }
        return py::make_tuple(give(std::move(out.level)), give(std::move(out.behind)), give(std::move(out.switching)));
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "plan"_a);
  sub.def(
      "price_ranges",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
         const py::dict& options, const plan::allocation& made) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        std::vector<plan::price_range> found;
        {
          py::gil_scoped_release free;
          found = plan::price_ranges(in.book, view(in.budget), made, in.set);
        }
        std::vector<std::pair<double, double>> out;
        for (const auto& one : found) out.emplace_back(one.next, one.last);
        return out;
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "plan"_a);
  sub.def(
      "least",
      [](column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
         const py::dict& options, std::size_t vary, double target, const py::object& account, const py::object& limit) {
        const book_in in = read_book(std::move(start), std::move(value), std::move(cost), std::move(budget), options);
        plan::least_amount out;
        {
          py::gil_scoped_release free;
          out = plan::least(in.book, view(in.budget), vary, target, in.set);
        }
        if (!out.plan.failing.empty()) out.status = words(out.plan, in.set, account, limit);
        return py::make_tuple(out.amount, out.at_least, std::move(out.plan), out.status);
      },
      "start"_a, "value"_a, "cost"_a, "budget"_a, "options"_a, "vary"_a, "target"_a, "account"_a = py::none(), "limit"_a = py::none());
}

}  // namespace guanxi::python
