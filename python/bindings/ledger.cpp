#include "columns.hpp"
#include "topics.hpp"

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <guanxi/ledger/arrow.hpp>
#include <guanxi/ledger/delivery_rows.hpp>
#include <guanxi/ledger/ledger.hpp>

namespace guanxi::python {
namespace {
using ledger::Deliveries;
using ledger::Dictionary;
using ledger::Ledger;
using refused_rows = std::vector<std::tuple<std::uint64_t, std::string, std::string>>;

std::vector<ledger::rejected_line> from_python(const refused_rows& rows) {
  std::vector<ledger::rejected_line> result;
  for (const auto& [line, column, reason] : rows) result.push_back({line, column, reason});
  return result;
}

/// Refused lines as columns: line, column, reason.
py::tuple to_python(std::span<const ledger::rejected_line> rows) {
  std::vector<std::uint64_t> line;
  std::vector<std::string> column, reason;
  for (const ledger::rejected_line& r : rows) {
    line.push_back(r.line);
    column.push_back(r.column);
    reason.push_back(r.reason);
  }
  return py::make_tuple(give(std::move(line)), column, reason);
}

/// The stream inside a capsule of __arrow_c_stream__; whoever reads it takes it over.
ArrowArrayStream* stream_of(const py::capsule& capsule) {
  return static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
}

/// Ids as numpy numbers, or as (offsets, bytes) of a large_utf8 column.
py::object ids(const Dictionary& names, py::handle owner) {
  if (names.of_kind() == Dictionary::kind::integers) return look(names.numbers(), owner);
  if (names.of_kind() == Dictionary::kind::positions) {
    std::vector<std::int64_t> all(names.size());
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
    return give(std::move(all));
  }
  return py::make_tuple(look(names.offsets(), owner), py::bytes(names.bytes().data(), names.bytes().size()));
}

/// Hands a buffer to numpy without a copy.
template <class T>
py::array_t<T> hand_over(ledger::buffer<T>&& values) {
  auto owned = std::make_unique<ledger::buffer<T>>(std::move(values));
  const T* data = owned->data();
  const auto size = static_cast<py::ssize_t>(owned->size());
  py::capsule owner(owned.release(), [](void* p) { delete static_cast<ledger::buffer<T>*>(p); });
  return py::array_t<T>(size, data, owner);
}

py::tuple days(ledger::days_until&& until, py::handle led) {
  auto owned = std::make_unique<ledger::days_until>(std::move(until));
  const ledger::purchase_days view = owned->view();
  py::capsule kept(owned.release(), [](void* p) { delete static_cast<ledger::days_until*>(p); });
  const py::object owner = py::make_tuple(kept, led);  // the view may lie in the ledger
  return py::make_tuple(look(view.start, owner), look(view.date, owner), look(view.amount, owner));
}

py::tuple totals(const ledger::customer_items& items, std::optional<day> from, std::optional<day> end) {
  ledger::item_totals t;
  {
    py::gil_scoped_release free;
    t = items.totals(from.value_or(std::numeric_limits<day>::min()), end.value_or(std::numeric_limits<day>::max()));
  }
  return py::make_tuple(give(std::move(t.start)), give(std::move(t.item)), give(std::move(t.amount)), give(std::move(t.lines)));
}
}  // namespace

void bind_ledger(py::module_& m) {
  auto topic = m.def_submodule("ledger", "Order lines and deliveries as checked, customer-sorted columns.");
  py::class_<ledger::arrow_names>(topic, "ArrowNames")
      .def(py::init([](std::string customer, std::string date, std::string amount, std::string order, std::string product,
                       std::string country, std::string supplier, std::string cost, std::string currency) {
             return ledger::arrow_names{std::move(customer), std::move(date), std::move(amount), std::move(order), std::move(product),
                                        std::move(country), std::move(supplier), std::move(cost), std::move(currency)};
           }),
           "customer"_a = "customer", "date"_a = "date", "amount"_a = "amount", "order"_a = "", "product"_a = "", "country"_a = "",
           "supplier"_a = "", "cost"_a = "", "currency"_a = "");

  py::class_<Ledger>(topic, "Ledger")
      .def(py::init([](const py::capsule& stream, ledger::arrow_names names, const std::string& currency, unsigned threads,
                        const refused_rows& refused) {
             ArrowArrayStream* const from = stream_of(stream);
             std::vector<ledger::rejected_line> earlier = from_python(refused);
             py::gil_scoped_release free;
             const ledger::arrow_lines read(from, names, std::move(earlier));
             ledger::order_lines lines = read.lines();
             lines.currency = currency;
             return std::make_unique<Ledger>(lines, threads);
           }),
           "stream"_a, "names"_a, "currency"_a = "", "threads"_a = 0, "refused"_a = refused_rows{})
      .def_property_readonly("customers", &Ledger::customers)
      .def_property_readonly("lines", &Ledger::lines)
      .def_property_readonly("read", &Ledger::read)
      .def_property_readonly("first_day", &Ledger::first_day)
      .def_property_readonly("last_day", &Ledger::last_day)
      .def_property_readonly("currency", &Ledger::currency)
      .def_property_readonly("repeated", &Ledger::repeated)
      .def("notes", &Ledger::notes, "today"_a)
      .def_property_readonly("ids", [](const py::object& self) { return ids(self.cast<const Ledger&>().names(), self); })
      .def_property_readonly("product_ids", [](const py::object& self) { return ids(self.cast<const Ledger&>().product_names(), self); })
      .def_property_readonly("country_ids", [](const py::object& self) { return ids(self.cast<const Ledger&>().country_names(), self); })
      .def_property_readonly("supplier_ids", [](const py::object& self) { return ids(self.cast<const Ledger&>().supplier_names(), self); })
      .def("rejected", [](const Ledger& led) { return to_python(led.rejected()); })
      .def("days", [](const py::object& self, std::optional<day> end) {
        const auto& led = self.cast<const Ledger&>();
        ledger::days_until until;
        {
          py::gil_scoped_release free;
          until = led.days(end.value_or(std::numeric_limits<day>::max()));
        }
        return days(std::move(until), self);
      }, "end"_a = py::none())
      .def("unmatched_credit", [](const py::object& self) { return look(self.cast<const Ledger&>().unmatched_credit(), self); })
      .def("summary", [](const Ledger& led, std::optional<day> end, std::string_view unit) {
        ledger::summary s;
        {
          py::gil_scoped_release free;
          s = led.summary(end ? *end : led.last_day(), to_unit(unit));
        }
        py::dict out;
        out["customer"] = hand_over(std::move(s.customer));
        out["frequency"] = hand_over(std::move(s.frequency));
        out["recency"] = hand_over(std::move(s.recency));
        out["age"] = hand_over(std::move(s.age));
        out["spend"] = hand_over(std::move(s.spend));
        out["first"] = hand_over(std::move(s.first));
        out["last"] = hand_over(std::move(s.last));
        out["log_gaps"] = hand_over(std::move(s.log_gaps));
        return out;
      }, "end"_a = py::none(), "unit"_a = "W")
      .def("split", [](const Ledger& led, day at) {
        py::gil_scoped_release free;
        auto [before, after] = led.split(at);
        return std::pair{std::make_unique<Ledger>(std::move(before)), std::make_unique<Ledger>(std::move(after))};
      }, "at"_a)
      .def("country", [](const Ledger& led, std::optional<day> end) {
        std::vector<std::uint32_t> code;
        {
          py::gil_scoped_release free;
          code = led.country(end.value_or(std::numeric_limits<day>::max()));
        }
        return give(std::move(code));
      }, "end"_a = py::none())
      .def_property_readonly("has_cost", &Ledger::has_cost)
      .def("margin", [](const Ledger& led, std::optional<day> end) { return give(led.margin(end.value_or(std::numeric_limits<day>::max()))); }, "end"_a = py::none())
      .def("products", [](const Ledger& led, std::optional<day> from, std::optional<day> end) { return totals(led.products(), from, end); }, "start"_a = py::none(), "end"_a = py::none())
      .def("countries", [](const Ledger& led, std::optional<day> from, std::optional<day> end) { return totals(led.countries(), from, end); }, "start"_a = py::none(), "end"_a = py::none())
      .def("suppliers", [](const Ledger& led, std::optional<day> from, std::optional<day> end) { return totals(led.suppliers(), from, end); }, "start"_a = py::none(), "end"_a = py::none());


  py::class_<Deliveries>(topic, "Deliveries")
      .def(py::init([](const py::capsule& stream, bool with_orders, std::string_view every, const Ledger* customers, unsigned threads,
                       const refused_rows& refused) {
             ArrowArrayStream* const from = stream_of(stream);
             std::vector<ledger::rejected_line> earlier = from_python(refused);
             py::gil_scoped_release free;
             const ledger::arrow_deliveries read(from, with_orders, ledger::to_every(every), std::move(earlier));
             return std::make_unique<Deliveries>(read.lines(), customers ? &customers->names() : nullptr, threads);
           }),
           "stream"_a, "with_orders"_a = false, "every"_a = "M", "ledger"_a = nullptr, "threads"_a = 0, "refused"_a = refused_rows{})
      .def_property_readonly("customers", &Deliveries::customers)
      .def_property_readonly("known_customers", &Deliveries::known_customers)
      .def_property_readonly("periods", &Deliveries::periods)
      .def_property_readonly("lines", &Deliveries::lines)
      .def_property_readonly("read", &Deliveries::read)
      .def_property_readonly("by_date", &Deliveries::by_date)
      .def("start_of", &Deliveries::start_of, "period"_a)
      .def("number_of", &Deliveries::number_of, "period"_a)
      .def_property_readonly("supplier_ids", [](const py::object& self) { return ids(self.cast<const Deliveries&>().suppliers(), self); })
      .def_property_readonly("prospect_ids", [](const py::object& self) { return ids(self.cast<const Deliveries&>().prospects(), self); })
      .def("rejected", [](const Deliveries& d) { return to_python(d.rejected()); })
      .def("dropped", [](const Deliveries& d) {
        std::vector<std::uint32_t> customer, supplier, period;
        std::vector<double> net;
        for (const ledger::dropped_cell& cell : d.dropped()) {
          customer.push_back(cell.customer);
          supplier.push_back(cell.supplier);
          period.push_back(cell.period);
          net.push_back(cell.net);
        }
        return py::make_tuple(give(std::move(customer)), give(std::move(supplier)), give(std::move(period)), give(std::move(net)));
      })
      .def("columns", [](const py::object& self) {
        const ledger::deliveries view = self.cast<const Deliveries&>().view();
        return py::make_tuple(look(view.customer, self), look(view.supplier, self), look(view.period, self), look(view.amount, self),
                              look(view.orders, self));
      });
}
}  // namespace guanxi::python
