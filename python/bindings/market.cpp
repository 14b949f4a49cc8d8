#include "columns.hpp"
#include "market_parts.hpp"
#include "topics.hpp"

#include <string>

#include <guanxi/market.hpp>

namespace guanxi::python {
namespace {
using floats_in = column_in<double>;
using ids_in = column_in<std::uint32_t>;
using free_lock = py::gil_scoped_release;

py::dict trend(const floats_in& values, const floats_in& periods, double level) {
  const market::log_trend t = market::trend(view(values), view(periods), level);
  return py::dict("rate"_a = t.rate, "low"_a = t.range.low, "high"_a = t.range.high, "slope"_a = t.slope, "standard_error"_a = t.standard_error,
                  "used"_a = t.used, "left_out"_a = t.left_out, "status"_a = std::string(t.status()));
}

py::dict advantage_columns(market::advantages a) {
  return py::dict("rca"_a = give(std::move(a.rca)), "rsca"_a = give(std::move(a.rsca)), "nrca"_a = give(std::move(a.nrca)));
}

py::dict advantage_table(const floats_in& values, std::size_t exporters, std::size_t products) {
  const auto v = view(values);
  market::advantages a;
  {
    free_lock unlocked;
    a = market::advantage(v, exporters, products);
  }
  return advantage_columns(std::move(a));
}

py::dict advantage_rows(const ids_in& exporter, const ids_in& product, const floats_in& value, std::size_t exporters, std::size_t products) {
  const auto e = view(exporter), p = view(product);
  const auto v = view(value);
  market::advantages a;
  {
    free_lock unlocked;
    a = market::advantage(e, p, v, exporters, products);
  }
  return advantage_columns(std::move(a));
}

py::dict constant_share(const floats_in& w0, const floats_in& w1, const floats_in& all0, const floats_in& all1, std::size_t products, std::size_t places,
                        const std::string& weights, const std::string& order) {
  const auto a = view(w0), b = view(w1), c = view(all0), d = view(all1);
  const market::share_weights w = market::to_share_weights(weights);
  const market::share_order o = market::to_share_order(order);
  market::share_split s;
  {
    free_lock unlocked;
    s = market::constant_share(a, b, c, d, products, places, w, o);
  }
  return py::dict("market"_a = give(std::move(s.market)), "product"_a = give(std::move(s.product)), "place"_a = give(std::move(s.place)),
                  "own"_a = give(std::move(s.own)), "total_market"_a = s.total_market, "total_product"_a = s.total_product,
                  "total_place"_a = s.total_place, "total_own"_a = s.total_own, "change"_a = s.change, "entered"_a = s.entered, "left"_a = s.left,
                  "raised"_a = s.raised);
}

py::dict sources_of_change(const floats_in& w0, const floats_in& w1, const floats_in& all0, const floats_in& all1, const ids_in& group, std::size_t groups) {
  const auto a = view(w0), b = view(w1), c = view(all0), d = view(all1);
  const auto g = view(group);
  market::change_sources s;
  {
    free_lock unlocked;
    s = market::sources_of_change(a, b, c, d, g, groups);
  }
  return py::dict("market"_a = give(std::move(s.market)), "mix"_a = give(std::move(s.mix)), "buyer"_a = give(std::move(s.buyer)),
                  "own"_a = give(std::move(s.own)), "unexplained"_a = give(std::move(s.unexplained)), "raised"_a = s.raised);
}

py::array_t<double> similarities(const floats_in& a, const floats_in& b, std::size_t products) {
  const auto x = view(a), y = view(b);
  std::vector<double> s;
  {
    free_lock unlocked;
    s = market::similarities(x, y, products);
  }
  return give(std::move(s));
}

py::dict country_table(const column_in<std::uint64_t>& start, const column_in<day>& date, const floats_in& amount, const ids_in& country,
                       std::size_t countries, day end, const ids_in& customer, const ids_in& supplier, const ids_in& period, const floats_in& delivered,
                       std::size_t suppliers, std::size_t periods, std::uint32_t own, std::uint32_t periods_a_year) {
  market::country_input in;
  in.ours = {view(start), view(date), view(amount)};
  in.country = view(country);
  in.countries = countries;
  in.end = end;
  in.seen = {view(customer), view(supplier), view(period), view(delivered), {}, in.country.size(), suppliers, periods};
  in.own = own;
  in.periods_a_year = periods_a_year;
  market::country_columns t;
  {
    free_lock unlocked;
    t = market::country_table(in);
  }
  return py::dict("customers"_a = give(std::move(t.customers)), "customers_seen"_a = give(std::move(t.customers_seen)),
                  "sales"_a = give(std::move(t.sales)), "sales_before"_a = give(std::move(t.sales_before)), "growth"_a = give(std::move(t.growth)),
                  "market"_a = give(std::move(t.market)), "market_before"_a = give(std::move(t.market_before)),
                  "market_growth"_a = give(std::move(t.market_growth)), "share"_a = give(std::move(t.share)),
                  "share_before"_a = give(std::move(t.share_before)), "suppliers"_a = give(std::move(t.suppliers)),
                  "leader"_a = give(std::move(t.leader)), "leader_share"_a = give(std::move(t.leader_share)), "hhi"_a = give(std::move(t.hhi)),
                  "from_market"_a = give(std::move(t.from_market)), "from_own"_a = give(std::move(t.from_own)));
}

py::dict concentration(const floats_in& amounts) {
  const guanxi::concentration c = concentration_of(view(amounts));
  return py::dict("parts"_a = c.parts, "total"_a = c.total, "hhi"_a = c.hhi, "normalised"_a = c.normalised, "effective"_a = c.effective,
                  "entropy"_a = c.entropy, "cr1"_a = c.cr1, "cr3"_a = c.cr3);
}
py::dict gravity(const floats_in& value, const floats_in& regressors, std::size_t columns, const std::vector<ids_in>& effects, const floats_in& weight,
                 const floats_in& offset, const std::vector<ids_in>& clusters, const std::string& errors, const std::vector<std::string>& names,
                 double tolerance, std::size_t passes, bool separation, unsigned threads) {
  market::gravity_input in;
  in.value = view(value), in.regressors = view(regressors), in.columns = columns, in.weight = view(weight), in.offset = view(offset);
  for (const ids_in& e : effects) in.effects.push_back(view(e));
  for (const ids_in& c : clusters) in.clusters.push_back(view(c));
  market::gravity_settings set;
  set.errors = errors == "model" ? market::gravity_errors::model : errors == "cluster" ? market::gravity_errors::cluster : market::gravity_errors::hetero;
  set.tolerance = tolerance, set.passes = passes, set.separation = separation, set.threads = threads;
  market::gravity_fit f;
  {
    free_lock unlocked;
    f = market::gravity(in, set);
  }
  const std::string status = market::gravity_status(f, names);
  py::list effect;
  for (auto& e : f.effect) effect.append(give(std::move(e)));
  std::vector<std::uint8_t> dropped(f.dropped.size());
  for (std::size_t i = 0; i < dropped.size(); ++i) dropped[i] = static_cast<std::uint8_t>(f.dropped[i]);
  return py::dict("coefficient"_a = give(std::move(f.coefficient)), "covariance"_a = give(std::move(f.covariance)),
                  "standard_error"_a = give(std::move(f.standard_error)), "effect"_a = effect, "fitted"_a = give(std::move(f.fitted)),
                  "dropped"_a = give(std::move(dropped)), "deviance"_a = f.deviance, "iterations"_a = f.iterations, "sweeps"_a = f.sweeps,
                  "rows"_a = f.rows, "zeros"_a = f.zeros, "groups"_a = f.groups, "parts"_a = f.parts, "converged"_a = f.converged, "status"_a = status);
}
py::dict entry_of(const market::country_entry& c) {
  const auto text = [](std::string_view t) { return std::string(t); };
  return py::dict("alpha2"_a = text(c.alpha2), "alpha3"_a = text(c.alpha3), "number"_a = c.number, "name"_a = text(c.name), "chinese"_a = text(c.chinese),
                  "region"_a = text(c.region), "continent"_a = text(c.continent), "currency"_a = text(c.currency));
}
py::dict country(const std::string& name) { return entry_of(market::country(name)); }
int find_country(const std::string& name) { return market::find_country(name); }
py::list all_countries() {
  py::list out;
  for (const auto& c : market::country_entries) out.append(entry_of(c));
  return out;
}
std::vector<std::string> nearest_countries(const std::string& name, std::size_t most) {
  std::vector<std::string> out;
  for (const market::country_entry* c : market::nearest_countries(name, most)) out.emplace_back(c->name);
  return out;
}
py::dict currency(const std::string& code) {
  const market::currency_entry& c = market::currency(code);
  return py::dict("code"_a = std::string(c.code), "number"_a = c.number, "digits"_a = c.digits, "name"_a = std::string(c.name), "chinese"_a = std::string(c.chinese));
}
py::dict hs(const std::string& text, bool repair) {
  const market::hs<2022> h(text, repair);
  return py::dict("code"_a = std::string(h.code()), "national"_a = std::string(h.national()), "repaired"_a = h.repaired(), "chapter"_a = h.chapter(),
                  "chapter_title"_a = std::string(h.chapter_title()), "section_title"_a = std::string(h.section_title()),
                  "heading"_a = h.heading(), "heading_title"_a = std::string(h.heading_title()));
}
bool is_hs_edition(int year) { return market::is_hs_edition(year); }

py::dict nowcast(const floats_in& seen, const floats_in& full, std::size_t markets, std::size_t years, double level) {
  const auto s = view(seen), f = view(full);
  market::nowcasts n;
  {
    free_lock unlocked;
    n = market::nowcast(s, f, markets, years, level);
  }
  return py::dict("estimate"_a = give(std::move(n.estimate)), "low"_a = give(std::move(n.low)), "high"_a = give(std::move(n.high)),
                  "bridge1"_a = give(std::move(n.bridge1)), "bridge3"_a = give(std::move(n.bridge3)), "last_year"_a = give(std::move(n.last_year)),
                  "shrink"_a = n.shrink, "last_weight"_a = n.last_weight, "spread"_a = n.spread);
}
py::array_t<double> proximity(const floats_in& rca, std::size_t exporters, std::size_t products) {
  const auto r = view(rca);
  std::vector<double> out;
  {
    free_lock unlocked;
    out = market::proximity(r, exporters, products);
  }
  return give(std::move(out));
}
py::array_t<double> density(const floats_in& rca, const floats_in& phi, std::size_t exporters, std::size_t products, bool keep_diagonal) {
  const auto r = view(rca), p = view(phi);
  std::vector<double> out;
  {
    free_lock unlocked;
    out = market::density(r, p, exporters, products, keep_diagonal);
  }
  return give(std::move(out));
}
py::dict potential(const ids_in& exporter, const ids_in& importer, const ids_in& product, const floats_in& value, std::size_t exporters, std::size_t importers,
                   std::size_t products, double cap) {
  const auto e = view(exporter), i = view(importer), p = view(product);
  const auto v = view(value);
  market::potentials out;
  {
    free_lock unlocked;
    out = market::potential(e, i, p, v, exporters, importers, products, cap);
  }
  return py::dict("potential"_a = give(std::move(out.potential)), "gap"_a = give(std::move(out.gap)), "ease"_a = give(std::move(out.ease)));
}
py::dict score(const floats_in& demand, const floats_in& low, const floats_in& high, const floats_in& ours, const floats_in& attainable,
               const floats_in& margin, const floats_in& entry, const floats_in& chance) {
  market::stakes s = market::score(view(demand), view(low), view(high), view(ours), view(attainable), view(margin), view(entry), view(chance));
  return py::dict("score"_a = give(std::move(s.score)), "low"_a = give(std::move(s.low)), "high"_a = give(std::move(s.high)));
}
}  // namespace

void bind_market(py::module_& m) {
  auto topic = m.def_submodule("market", "Countries and products.");
  topic.attr("NOBODY") = market::nobody;
  topic.def("cagr", &market::cagr, "first"_a, "last"_a, "periods"_a);
  topic.def("midpoint", &market::midpoint_growth, "first"_a, "last"_a);
  topic.def("trend", &trend, "values"_a, "periods"_a, "level"_a);
  topic.def("advantage_table", &advantage_table, "values"_a, "exporters"_a, "products"_a);
  topic.def("advantage_rows", &advantage_rows, "exporter"_a, "product"_a, "value"_a, "exporters"_a, "products"_a);
  topic.def("constant_share", &constant_share, "w0"_a, "w1"_a, "W0"_a, "W1"_a, "products"_a, "places"_a, "weights"_a, "order"_a);
  topic.def("sources_of_change", &sources_of_change, "w0"_a, "w1"_a, "W0"_a, "W1"_a, "group"_a, "groups"_a);
  topic.def("similarities", &similarities, "a"_a, "b"_a, "products"_a);
  topic.def("country_table", &country_table, "start"_a, "date"_a, "amount"_a, "country"_a, "countries"_a, "end"_a, "customer"_a, "supplier"_a,
            "period"_a, "delivered"_a, "suppliers"_a, "periods"_a, "own"_a, "periods_a_year"_a);
  topic.def("gravity", &gravity, "value"_a, "regressors"_a, "columns"_a, "effects"_a, "weight"_a, "offset"_a, "clusters"_a, "errors"_a, "names"_a,
            "tolerance"_a, "passes"_a, "separation"_a, "threads"_a);
  topic.def("country", &country, "name"_a);
  topic.def("find_country", &find_country, "name"_a);
  topic.def("all_countries", &all_countries);
  topic.def("nearest_countries", &nearest_countries, "name"_a, "most"_a);
  topic.def("currency", &currency, "code"_a);
  topic.def("hs", &hs, "text"_a, "repair"_a);
  topic.def("is_hs_edition", &is_hs_edition, "year"_a);
  topic.def("nowcast", &nowcast, "seen"_a, "full"_a, "markets"_a, "years"_a, "level"_a);
  topic.def("proximity", &proximity, "rca"_a, "exporters"_a, "products"_a);
  topic.def("density", &density, "rca"_a, "phi"_a, "exporters"_a, "products"_a, "keep_diagonal"_a);
  topic.def("potential", &potential, "exporter"_a, "importer"_a, "product"_a, "value"_a, "exporters"_a, "importers"_a, "products"_a, "cap"_a);
  topic.def("score", &score, "demand"_a, "low"_a, "high"_a, "ours"_a, "attainable"_a, "margin"_a, "entry"_a, "chance"_a);
  topic.def("concentration", &concentration, "amounts"_a);
  bind_market_table(topic);
  bind_market_change(topic);
}
}  // namespace guanxi::python
