// Periods seen in part.
#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <guanxi/share/hidden_cells.hpp>

#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
using namespace pybind11::literals;

void bind_share_hidden(py::module_& m);

void bind_share_hidden(py::module_& m) {
  using told_sum = std::tuple<std::vector<std::size_t>, double, double>;
  m.def(
      "fill_hidden",
      [](std::size_t customers, std::size_t suppliers, const column_in<double>& amount, const column_in<double>& row,
         const column_in<double>& column, const std::vector<column_in<double>>& past,
         const column_in<double>& covariate, std::size_t covariates, const column_in<std::uint32_t>& group,
         bool seen_if_big, const column_in<double>& row_error, const column_in<double>& column_error,
         const column_in<double>& part, const column_in<double>& reach, std::vector<told_sum> sums, std::uint32_t own,
         double level, int draws, std::uint64_t seed, unsigned threads) {
        share::hidden_period p;
        p.customers = customers, p.suppliers = suppliers, p.amount = view(amount), p.row = view(row);
        p.column = view(column), p.covariate = view(covariate), p.covariates = covariates, p.group = view(group);
        p.seen_if_big = seen_if_big, p.row_error = view(row_error), p.column_error = view(column_error);
        p.part = view(part), p.reach = view(reach), p.own = own;
        for (const auto& h : past) p.past.push_back(view(h));
        for (auto& [cells, total, error] : sums) p.sums.push_back({std::move(cells), total, error});
        share::hidden_cells c;
        {
          py::gil_scoped_release free;
          c = share::fill_hidden(p, {level, draws, seed, threads});
        }
        py::dict out;
        const auto put = [&](const char* name, auto& what) { out[name] = give(std::move(what)); };
        put("amount", c.amount), put("low", c.low), put("high", c.high);
        put("low_active", c.low_active), put("high_active", c.high_active), put("p_active", c.p_active);
        put("p_largest", c.p_largest), put("p_dominant", c.p_dominant), put("trend", c.trend);
        put("p_rising", c.p_rising), put("wallet", c.wallet), put("wallet_low", c.wallet_low);
        put("wallet_high", c.wallet_high), put("headroom", c.headroom), put("headroom_low", c.headroom_low);
        put("headroom_high", c.headroom_high), put("concealed", c.concealed), put("source", c.source);
        out["discount"] = c.discount;
        out["group_weight"] = c.group_weight;
        out["power"] = c.power;
        out["phi"] = c.phi;
        out["stretch"] = c.stretch;
        out["status"] = c.status;
        return out;
      },
      "customers"_a, "suppliers"_a, "amount"_a, "row"_a, "column"_a, "past"_a, "covariate"_a, "covariates"_a, "group"_a,
      "seen_if_big"_a, "row_error"_a, "column_error"_a, "part"_a, "reach"_a, "sums"_a, "own"_a, "level"_a, "draws"_a,
      "seed"_a, "threads"_a);
}
}  // namespace guanxi::python
