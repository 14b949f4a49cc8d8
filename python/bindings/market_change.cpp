#include "columns.hpp"
#include "market_parts.hpp"

#include <string>

#include <guanxi/market/concordance.hpp>
#include <guanxi/market/rival_moves.hpp>

namespace guanxi::python {
namespace {
using floats_in = column_in<double>;
using ids_in = column_in<std::uint32_t>;

py::dict moves_to_rivals(const floats_in& own, const floats_in& all0, const floats_in& all1, const ids_in& cell, const ids_in& rival, const floats_in& before,
                         const floats_in& after) {
  const auto a = view(own), b = view(all0), c = view(all1), d = view(before), e = view(after);
  const auto i = view(cell), k = view(rival);
  market::rival_moves m;
  {
    py::gil_scoped_release unlocked;
    m = market::moves_to_rivals(a, b, c, i, k, d, e);
  }
  return py::dict("cell"_a = give(std::move(m.cell)), "rival"_a = give(std::move(m.rival)), "amount"_a = give(std::move(m.amount)));
}

py::dict change_range(const floats_in& w0, const floats_in& w1, const floats_in& low0, const floats_in& high0, const floats_in& low1, const floats_in& high1,
                      const ids_in& group, std::size_t groups, double level, std::size_t draws, std::uint64_t seed) {
  const auto a = view(w0), b = view(w1), c = view(low0), d = view(high0), e = view(low1), f = view(high1);
  const auto g = view(group);
  market::change_ranges r;
  {
    py::gil_scoped_release unlocked;
    r = market::change_range(a, b, c, d, e, f, g, groups, level, draws, seed);
  }
  py::dict out;
  const auto put = [&](const std::string& name, const std::vector<interval>& ranges) {
    std::vector<double> low, high;
    for (const interval& x : ranges) low.push_back(x.low), high.push_back(x.high);
    out[py::str(name + "_low")] = give(std::move(low)), out[py::str(name + "_high")] = give(std::move(high));
  };
  put("market", r.market), put("mix", r.mix), put("buyer", r.buyer), put("own", r.own);
  return out;
}

py::dict convert_codes(const std::vector<std::string>& from, const std::vector<std::string>& to, const floats_in& weight, const std::vector<std::string>& code,
                       const floats_in& value) {
  const market::converted_codes c = market::code_map(from, to, view(weight)).convert(code, view(value));
  return py::dict("code"_a = c.code, "value"_a = c.value, "total"_a = c.total, "split"_a = c.split, "unknown"_a = c.unknown, "unknown_rows"_a = c.unknown_rows);
}
}  // namespace

void bind_market_change(py::module_& topic) {
  topic.def("moves_to_rivals", &moves_to_rivals, "own"_a, "W0"_a, "W1"_a, "cell"_a, "rival"_a, "before"_a, "after"_a);
  topic.def("change_range", &change_range, "w0"_a, "w1"_a, "low0"_a, "high0"_a, "low1"_a, "high1"_a, "group"_a, "groups"_a, "level"_a, "draws"_a, "seed"_a);
  topic.def("convert_codes", &convert_codes, "old"_a, "new"_a, "weight"_a, "code"_a, "value"_a);
}
}  // namespace guanxi::python
