#include "columns.hpp"
#include "topics.hpp"

#include <optional>
#include <utility>

#include <guanxi/ledger/ledger.hpp>
#include <guanxi/value/next_order.hpp>

namespace guanxi::python {
using namespace guanxi::value;

/// Dates and sizes of the next orders, and who is overdue; a part of the topic `value`.
void bind_value_next(py::module_& topic) {
  topic.def("next_orders", [](const ledger::Ledger& led, std::optional<day> end, double false_alarm, double level, unsigned threads) {
    next_orders table;
    {
      py::gil_scoped_release free;
      const day at = end ? *end : led.last_day();
      const auto days = led.days(at);
      table = next_order(days.view(), at, false_alarm, level, threads);
    }
    py::dict out;
    out["silence"] = give(std::move(table.silence));
    out["chance"] = give(std::move(table.chance));
    out["overdue"] = give(std::move(table.overdue));
    out["alarm_on"] = give(std::move(table.alarm_on));
    out["next_low"] = give(std::move(table.next_low));
    out["next_median"] = give(std::move(table.next_median));
    out["next_high"] = give(std::move(table.next_high));
    out["size"] = give(std::move(table.size));
    out["size_low"] = give(std::move(table.size_low));
    out["size_high"] = give(std::move(table.size_high));
    return py::make_tuple(out, table.threshold, table.status);
  }, "ledger"_a, "end"_a, "false_alarm"_a, "level"_a, "threads"_a);
}
}  // namespace guanxi::python
