#include "columns.hpp"
#include "topics.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/value/snapshot.hpp>

namespace guanxi::python {
namespace {
using namespace guanxi::value;
using column = column_in<double>;

constexpr std::array<double score_figures::*, score_width> members{
    &score_figures::p_alive, &score_figures::p_buy, &score_figures::purchases, &score_figures::purchases_low, &score_figures::purchases_high,
    &score_figures::spend, &score_figures::value, &score_figures::value_low, &score_figures::value_high, &score_figures::next_order};
constexpr std::array<const char*, score_width> names{"p_alive", "p_buy", "purchases", "purchases_low", "purchases_high",
                                                     "spend", "value", "value_low", "value_high", "next_order"};
constexpr std::array<const char*, 5> sources{"customer", "country and product group", "country", "product group", "book"};

std::vector<std::string_view> views(const std::vector<std::string>& text) { return {text.begin(), text.end()}; }
}  // namespace

void bind_value_snapshot(py::module_& topic) {
  topic.def("write_snapshot", [](const std::string& path, const std::vector<std::string>& customer, const std::vector<std::string>& country,
                                 const std::vector<std::string>& group, const std::vector<std::optional<column>>& figures, const std::string& label, double hold) {
    std::vector<score_figures> rows(customer.size());
    for (std::size_t c = 0; c < figures.size() && c < score_width; ++c) {
      if (!figures[c]) continue;
      const auto values = view(*figures[c]);
      if (values.size() != rows.size())
        throw error(errc::size_mismatch, std::string("value.save_scorer: '") + names[c] + "' has " + std::to_string(values.size()) + " entries, 'customer' has " + std::to_string(rows.size()));
      for (std::size_t i = 0; i < rows.size(); ++i) rows[i].*members[c] = values[i];
    }
    py::gil_scoped_release free;
    write_snapshot(path, {views(customer), views(country), views(group), rows}, label, hold);
  }, "path"_a, "customer"_a, "country"_a, "product_group"_a, "figures"_a, "label"_a, "hold"_a);
  py::class_<LiveScorer>(topic, "LiveScorer")
      .def(py::init<const std::string&>(), "path"_a, py::call_guard<py::gil_scoped_release>())
      .def("swap", &LiveScorer::swap, "path"_a, py::call_guard<py::gil_scoped_release>())
      .def_property_readonly("customers", &LiveScorer::customers)
      .def("score", [](const LiveScorer& s, std::string_view customer, std::string_view country, std::string_view group) {
        const score_answer a = s.score({customer, country, group});
        py::dict out;
        for (std::size_t c = 0; c < score_width; ++c) out[names[c]] = a.figures.*members[c];
        out["source"] = sources[static_cast<std::size_t>(a.source)];
        out["known"] = a.known;
        return out;
      }, "customer"_a, "country"_a = "", "product_group"_a = "");
}
}  // namespace guanxi::python
