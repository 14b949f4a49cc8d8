#pragma once
// A book of options as it comes from Python, shared by the plan's bindings.
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <guanxi/plan/allocate.hpp>

#include "columns.hpp"

namespace guanxi::python {

/// The arrays of a book and its conditions, kept alive while the core works.
struct book_in {
  column_in<std::uint64_t> start;
  column_in<double> value, cost, budget;
  std::vector<column_in<std::uint32_t>> groups;
  column_in<std::uint32_t> present;
  plan::settings set;
  plan::book book;
};

inline std::vector<plan::held> held_of(const py::dict& options, const char* name) {
  std::vector<plan::held> out;
  if (!options.contains(name)) return out;
  for (const auto& [account, level] : options[name].cast<std::vector<std::pair<std::uint32_t, std::uint32_t>>>())
    out.push_back({account, level});
  return out;
}

inline book_in read_book(column_in<std::uint64_t> start, column_in<double> value, column_in<double> cost, column_in<double> budget,
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
  if (options.contains("present")) {
    in.present = options["present"].cast<column_in<std::uint32_t>>();
    in.set.present = view(in.present);
  }
  if (options.contains("threads")) in.set.threads = options["threads"].cast<unsigned>();
  if (options.contains("nodes")) in.set.nodes = options["nodes"].cast<std::uint64_t>();
  if (options.contains("exact")) {
    const auto word = options["exact"].cast<std::string>();
    in.set.exact = word == "none" ? plan::proof::none : word == "full" ? plan::proof::full : plan::proof::automatic;
  }
  return in;
}

/// The status in the caller's names of accounts and limits.
inline std::string words(const plan::allocation& r, const plan::settings& set, const py::object& account, const py::object& limit) {
  if (r.failing.empty() || account.is_none()) return r.status;
  return plan::sentence(
      r, set, [&](std::size_t i) { return account(i).cast<std::string>(); }, [&](std::size_t q) { return limit(q).cast<std::string>(); });
}

}  // namespace guanxi::python
