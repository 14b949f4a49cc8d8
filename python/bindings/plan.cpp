#include "columns.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/plan.hpp>

namespace guanxi::python {

void bind_plan_staff(py::module_& sub);

namespace {

/// The arrays of a book and its conditions, kept alive while the core works.
struct book_in {
  column_in<std::uint64_t> start;
  column_in<double> value, cost, budget;
  std::vector<column_in<std::uint32_t>> groups;
  plan::settings set;
  plan::book book;
};

std::vector<plan::held> held_of(const py::dict& options, const char* name) {
  std::vector<plan::held> out;
  if (!options.contains(name)) return out;
  for (const auto& [account, level] : options[name].cast<std::vector<std::pair<std::uint32_t, std::uint32_t>>>())
    out.push_back({account, level});
  return out;
}

book_in read_book(column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
                  const py::dict& options) {
  book_in in;
  in.start = std::move(start);
  in.value = std::move(value);
  in.cost = std::move(cost);
  in.budget = std::move(budget);
  in.book = {view(in.start), view(in.value), view(in.cost), static_cast<std::size_t>(in.budget.size())};
  in.set.pins = held_of(options, "pins");
  in.set.excluded = held_of(options, "excluded");
  in.set.minimum = held_of(options, "minimum");
  if (options.contains("groups")) in.groups = options["groups"].cast<std::vector<column_in<std::uint32_t>>>();
  for (const auto& column : in.groups) in.set.groups.push_back(view(column));
  if (options.contains("limits"))
    for (const auto& [grouping, group, budget_number, floor, amount] :
         options["limits"].cast<std::vector<std::tuple<std::size_t, std::uint32_t, std::size_t, bool, double>>>())
      in.set.limits.push_back({grouping, group, budget_number, floor, amount});
  if (options.contains("names")) in.set.names = options["names"].cast<std::vector<std::string>>();
  if (options.contains("start_prices")) in.set.start_prices = options["start_prices"].cast<std::vector<double>>();
  if (options.contains("threads")) in.set.threads = options["threads"].cast<unsigned>();
  if (options.contains("nodes")) in.set.nodes = options["nodes"].cast<std::uint64_t>();
  if (options.contains("exact")) {
    const auto word = options["exact"].cast<std::string>();
    in.set.exact = word == "none" ? plan::proof::none : word == "full" ? plan::proof::full : plan::proof::automatic;
  }
  return in;
}

/// The status in the caller's names of accounts and limits.
std::string words(const plan::allocation& r, const plan::settings& set, const py::object& account, const py::object& limit) {
  if (r.failing.empty() || account.is_none()) return r.status;
  return plan::sentence(
      r, set, [&](std::size_t i) { return account(i).cast<std::string>(); }, [&](std::size_t q) { return limit(q).cast<std::string>(); });
}

}  // namespace

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
