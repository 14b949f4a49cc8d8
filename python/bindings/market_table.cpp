#include "columns.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/market/table.hpp>

namespace guanxi::python {
namespace {
using floats_in = column_in<double>;
using ids_in = column_in<std::uint32_t>;

py::dict market_table(const ids_in& exporter, const ids_in& importer, const ids_in& product, const ids_in& period, const floats_in& value, const floats_in& part,
                      const floats_in& quantity, const floats_in& expected, const column_in<std::uint8_t>& mirrored, const ids_in& home, std::size_t exporters,
                      std::size_t importers, std::size_t products, std::size_t periods, std::uint32_t own, std::uint32_t now, std::uint32_t back, double level,
                      double cap, std::size_t like, double prior, const floats_in& margin, const floats_in& entry, unsigned threads) {
  const market::flow_columns in{view(exporter), view(importer), view(product), view(period), view(value), view(part), view(quantity), view(expected),
                                view(mirrored), view(home), exporters, importers, products, periods};
  const market::table_settings set{own, now, back, level, cap, like, prior, view(margin), view(entry), threads};
  market::market_table t;
  {
    py::gil_scoped_release unlocked;
    t = market::table(in, set);
  }
  py::dict out;
  const auto put = [&](const char* name, auto& column) { out[name] = give(std::move(column)); };
  put("importer", t.importer), put("product", t.product), put("size", t.size), put("size_low", t.size_low), put("size_high", t.size_high);
  put("size_before", t.size_before), put("growth", t.growth), put("trend", t.trend), put("trend_low", t.trend_low), put("trend_high", t.trend_high);
  put("report", t.report), put("sales", t.sales), put("share", t.share), put("share_before", t.share_before), put("suppliers", t.suppliers);
  put("leader", t.leader), put("leader_share", t.leader_share), put("lead", t.lead), put("hhi", t.hhi), put("effective", t.effective);
  put("rca", t.rca), put("rsca", t.rsca), put("nrca", t.nrca), put("price", t.price), put("rung", t.rung), put("ladder", t.ladder);
  put("similarity", t.similarity), put("complementarity", t.complementarity);
  put("attainable", t.attainable), put("attainable_low", t.attainable_low), put("attainable_high", t.attainable_high);
  put("potential", t.potential), put("potential_low", t.potential_low), put("potential_high", t.potential_high);
  put("gap", t.gap), put("gap_low", t.gap_low), put("gap_high", t.gap_high), put("cases", t.cases);
  put("difficulty", t.difficulty), put("difficulty_low", t.difficulty_low), put("difficulty_high", t.difficulty_high);
  put("score", t.score), put("score_low", t.score_low), put("score_high", t.score_high);
  std::vector<std::uint64_t> start(t.start.begin(), t.start.end());
  put("start", start), put("supplier", t.supplier), put("supplier_share", t.supplier_share), put("supplier_before", t.supplier_before);
  put("supplier_price", t.supplier_price);
  out["now"] = t.now, out["before"] = t.before, out["partial"] = t.partial, out["own_trade"] = t.own_trade, out["like_flows"] = t.like_flows;
  return out;
}
}  // namespace

void bind_market_table(py::module_& topic) {
  topic.def("table", &market_table, "exporter"_a, "importer"_a, "product"_a, "period"_a, "value"_a, "part"_a, "quantity"_a, "expected"_a, "mirrored"_a, "home"_a,
            "exporters"_a, "importers"_a, "products"_a, "periods"_a, "own"_a, "now"_a, "back"_a, "level"_a, "cap"_a, "like"_a, "prior"_a, "margin"_a, "entry"_a,
            "threads"_a);
}
}  // namespace guanxi::python
