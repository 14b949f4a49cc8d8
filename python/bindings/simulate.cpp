#include "columns.hpp"
#include "topics.hpp"

#include <guanxi/ledger/simulate.hpp>
#include <guanxi/ledger/simulate_models.hpp>

#include <memory>
#include <string>

namespace guanxi::python {
namespace {

using ledger::exporter_book;
using ledger::exporter_settings;

ledger::dropout to_dropout(const std::string& name) {
  if (name == "none") return ledger::dropout::none;
  if (name == "beta_geometric") return ledger::dropout::beta_geometric;
  if (name == "exponential") return ledger::dropout::exponential;
  throw error(errc::unknown_name, "simulate: dropout '" + name + "' is not one of none, beta_geometric, exponential");
}

void bind_settings(py::module_& m) {
  using s = exporter_settings;
  py::class_<s> settings(m, "Settings");
  settings.def(py::init<>());
#define GUANXI_SETTING(name) settings.def_readwrite(#name, &s::name)
  GUANXI_SETTING(customers);
  GUANXI_SETTING(suppliers);
  GUANXI_SETTING(products);
  GUANXI_SETTING(years);
  GUANXI_SETTING(seed);
  GUANXI_SETTING(period_months);
  GUANXI_SETTING(rate_shape);
  GUANXI_SETTING(orders_per_week);
  GUANXI_SETTING(regularity);
  GUANXI_SETTING(season);
  GUANXI_SETTING(season_peak);
  GUANXI_SETTING(arrivals);
  GUANXI_SETTING(dropout_a);
  GUANXI_SETTING(dropout_b);
  GUANXI_SETTING(lifetime_shape);
  GUANXI_SETTING(lifetime_weeks);
  GUANXI_SETTING(order_median);
  GUANXI_SETTING(order_spread);
  GUANXI_SETTING(order_noise);
  GUANXI_SETTING(size_effect);
  GUANXI_SETTING(distance_effect);
  GUANXI_SETTING(wallet_walk);
  GUANXI_SETTING(growth);
  GUANXI_SETTING(rivals);
  GUANXI_SETTING(weight_spread);
  GUANXI_SETTING(own_weight);
  GUANXI_SETTING(share_walk);
  GUANXI_SETTING(arrive);
  GUANXI_SETTING(leave);
  GUANXI_SETTING(tier_start);
  GUANXI_SETTING(tier_up);
  GUANXI_SETTING(tier_down);
  GUANXI_SETTING(tier_share);
  GUANXI_SETTING(tier_rate);
  GUANXI_SETTING(tier_lines);
  GUANXI_SETTING(coverage);
  GUANXI_SETTING(coverage_concentration);
  GUANXI_SETTING(sight_size);
  GUANXI_SETTING(hidden);
  GUANXI_SETTING(futures);
  GUANXI_SETTING(cells);
  GUANXI_SETTING(threads);
#undef GUANXI_SETTING
  settings.def_property(
      "start", [](const s& self) { return to_day(self.start); }, [](s& self, day d) { self.start = to_date(d); });
  settings.def_property(
      "dropout",
      [](const s& self) {
        return self.leaving == ledger::dropout::none          ? "none"
               : self.leaving == ledger::dropout::exponential ? "exponential"
                                                              : "beta_geometric";
      },
      [](s& self, const std::string& name) { self.leaving = to_dropout(name); });
}

template <class T>
py::array_t<T> column(const std::vector<T>& values, py::handle owner) {
  return look(std::span<const T>(values), owner);
}

/// A dictionary of read-only columns that share the book's memory.
template <class Fill>
auto columns(Fill fill) {
  return [fill](py::object self) {
    py::dict out;
    fill(self.cast<const exporter_book&>(), py::handle(self), out);
    return out;
  };
}

void bind_book(py::module_& m) {
  py::class_<exporter_book, std::shared_ptr<exporter_book>> book(m, "Book");
  book.def_readonly("begin", &exporter_book::begin)
      .def_readonly("end", &exporter_book::end)
      .def_readonly("periods", &exporter_book::periods)
      .def_readonly("future_periods", &exporter_book::future_periods)
      .def_readonly("period_start", &exporter_book::period_start)
      .def_readonly("coverage", &exporter_book::coverage);
#define GUANXI_COLUMN(part, name) out[#name] = column(b.part.name, self)
  book.def_property_readonly("lines", columns([](const exporter_book& b, py::handle self, py::dict& out) {
                               GUANXI_COLUMN(lines, customer);
                               GUANXI_COLUMN(lines, product);
                               GUANXI_COLUMN(lines, date);
                               GUANXI_COLUMN(lines, amount);
                               GUANXI_COLUMN(lines, order);
                             }));
  book.def_property_readonly("deliveries", columns([](const exporter_book& b, py::handle self, py::dict& out) {
                               GUANXI_COLUMN(deliveries, customer);
                               GUANXI_COLUMN(deliveries, supplier);
                               GUANXI_COLUMN(deliveries, period);
                               GUANXI_COLUMN(deliveries, amount);
                               GUANXI_COLUMN(deliveries, orders);
                               GUANXI_COLUMN(deliveries, seen_amount);
                               GUANXI_COLUMN(deliveries, seen_orders);
                             }));
  book.def_property_readonly("cells", columns([](const exporter_book& b, py::handle self, py::dict& out) {
                               GUANXI_COLUMN(cells, wallet);
                               GUANXI_COLUMN(cells, share);
                               GUANXI_COLUMN(cells, tier);
                             }));
  book.def_property_readonly("customers", columns([](const exporter_book& b, py::handle self, py::dict& out) {
                               GUANXI_COLUMN(customers, country);
                               GUANXI_COLUMN(customers, entered);
                               GUANXI_COLUMN(customers, left);
                               GUANXI_COLUMN(customers, alive);
                               GUANXI_COLUMN(customers, hidden);
                               GUANXI_COLUMN(customers, tier);
                               GUANXI_COLUMN(customers, base_rate);
                               GUANXI_COLUMN(customers, order_mean);
                               GUANXI_COLUMN(customers, rate);
                               GUANXI_COLUMN(customers, wallet);
                               GUANXI_COLUMN(customers, share);
                               GUANXI_COLUMN(customers, purchases_26);
                               GUANXI_COLUMN(customers, purchases_52);
                               GUANXI_COLUMN(customers, value_26);
                               GUANXI_COLUMN(customers, value_52);
                               GUANXI_COLUMN(customers, expected_purchases_26);
                               GUANXI_COLUMN(customers, expected_purchases_52);
                               GUANXI_COLUMN(customers, expected_value_26);
                               GUANXI_COLUMN(customers, expected_value_52);
                             }));
#undef GUANXI_COLUMN
}

void bind_models(py::module_& m) {
  using s = ledger::model_settings;
  py::class_<s>(m, "ModelSettings")
      .def(py::init<>())
      .def_readwrite("r", &s::r)
      .def_readwrite("alpha", &s::alpha)
      .def_readwrite("k", &s::k)
      .def_readwrite("a", &s::a)
      .def_readwrite("b", &s::b)
      .def_readwrite("s", &s::s)
      .def_readwrite("beta", &s::beta)
      .def_readwrite("at_zero", &s::at_zero)
      .def_readwrite("horizon", &s::horizon)
      .def_readwrite("seed", &s::seed)
      .def_property(
          "dropout", [](const s&) { return ""; },
          [](s& self, const std::string& name) { self.leaving = to_dropout(name); });
  m.def(
      "model",
      [](const s& settings, column_in<double> age) {
        ledger::model_book book;
        const auto ages = view(age);
        {
          py::gil_scoped_release free;
          book = ledger::simulate_model(settings, ages);
        }
        py::dict out;
        out["frequency"] = give(std::move(book.frequency));
        out["recency"] = give(std::move(book.recency));
        out["age"] = give(std::move(book.age));
        out["future"] = give(std::move(book.future));
        out["rate"] = give(std::move(book.rate));
        out["alive"] = give(std::move(book.alive));
        return out;
      },
      "settings"_a, "age"_a);
}

}  // namespace

void bind_simulate(py::module_& m) {
  auto simulate = m.def_submodule("simulate", "Simulated exporters and purchase models with known truth.");
  bind_settings(simulate);
  bind_book(simulate);
  bind_models(simulate);
  simulate.def(
      "exporter",
      [](const exporter_settings& settings) {
        py::gil_scoped_release free;
        return std::make_shared<exporter_book>(ledger::exporter(settings));
      },
      "settings"_a);
  simulate.def("countries", [] {
    py::list out;
    for (const auto& c : ledger::simulated_countries)
      out.append(py::make_tuple(std::string(c.name), c.size, c.distance));
    return out;
  });
}
}  // namespace guanxi::python
