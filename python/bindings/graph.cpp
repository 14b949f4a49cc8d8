#include "columns.hpp"
#include "topics.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>

#include <guanxi/graph.hpp>

namespace guanxi::python {
namespace {
using graph::SupplierGraph;
using ids_in = column_in<std::uint32_t>;
using free_lock = py::gil_scoped_release;

/// A graph and the numpy columns that it may use in place.
struct bound_graph {
  ids_in customer, supplier;
  column_in<double> amount;
  SupplierGraph g;
};

template <class T>
[[nodiscard]] std::vector<std::uint8_t> words(const std::vector<T>& values) {
  std::vector<std::uint8_t> out(values.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<std::uint8_t>(values[i]);
  return out;
}

template <class T>
py::tuple ranks(const column_in<T>& values) {
  graph::ranked<T> r;
  {
    const auto v = view(values);
    free_lock unlocked;
    r = graph::rank_whole(v);
  }
  const bool own = r.codes.empty() && values.size() > 0;
  py::object codes = own ? py::object(values) : py::object(give(std::move(r.codes)));
  return py::make_tuple(codes, give(std::move(r.labels)));
}

std::unique_ptr<bound_graph> make(ids_in customer, ids_in supplier, column_in<double> amount, std::optional<ids_in> product,
                                  std::optional<ids_in> period, std::size_t customers, std::size_t suppliers, std::size_t products,
                                  std::size_t periods, bool keep_zero) {
  auto out = std::make_unique<bound_graph>();
  graph::lines in{view(customer), view(supplier), view(amount), {}, {}, customers, suppliers, products, periods};
  if (product) in.product = view(*product);
  if (period) in.period = view(*period);
  {
    free_lock unlocked;
    out->g = SupplierGraph(in, {keep_zero, true});
  }
  out->customer = std::move(customer);
  out->supplier = std::move(supplier);
  out->amount = std::move(amount);
  return out;
}

std::unique_ptr<bound_graph> at(const bound_graph& b, std::uint32_t first, std::uint32_t last) {
  auto out = std::make_unique<bound_graph>();
  free_lock unlocked;
  out->g = b.g.window(first, last);
  return out;
}

[[nodiscard]] graph::side to_side(const std::string& word) {
  if (word == "customer") return graph::side::customer;
  if (word == "supplier") return graph::side::supplier;
  throw error(errc::unknown_name, "graph: side '" + word + "' is not one of customer, supplier");
}

py::dict rows_of(py::object self, const std::string& word) {
  const SupplierGraph& g = self.cast<const bound_graph&>().g;
  const graph::rows& r = to_side(word) == graph::side::customer ? g.by_customer() : g.by_supplier();
  return py::dict("start"_a = look(r.start, self), "other"_a = look(r.other, self), "weight"_a = look(r.weight, self));
}

py::dict lines_of(py::object self) {
  const SupplierGraph& g = self.cast<const bound_graph&>().g;
  return py::dict("pair_start"_a = look(g.pair_start(), self), "pair_customer"_a = look(g.pair_customer(), self),
                  "pair_supplier"_a = look(g.pair_supplier(), self), "amount"_a = look(g.line_amount(), self),
                  "product"_a = look(g.line_product(), self), "period"_a = look(g.line_period(), self),
                  "lines_of_tie"_a = look(g.lines_of_tie(), self), "pair_of_tie"_a = look(g.pair_of_tie(), self));
}

py::dict refused(const bound_graph& b) {
  std::vector<std::int64_t> row;
  std::vector<std::uint32_t> customer, supplier;
  std::vector<std::string> why;
  for (const graph::rejected& r : b.g.refused()) {
    row.push_back(static_cast<std::int64_t>(r.row));  // -1: the whole tie
    customer.push_back(r.customer);
    supplier.push_back(r.supplier);
    why.emplace_back(graph::reason(r.why));
  }
  return py::dict("row"_a = give(std::move(row)), "customer"_a = give(std::move(customer)), "supplier"_a = give(std::move(supplier)),
                  "reason"_a = why);
}

py::dict concentration(const bound_graph& b, const std::string& word, unsigned threads) {
  const graph::side of = to_side(word);
  graph::spread r;
  {
    free_lock unlocked;
    r = graph::concentration(b.g.view(), of, threads);
  }
  return py::dict("ties"_a = give(std::move(r.ties)), "strength"_a = give(std::move(r.strength)), "hhi"_a = give(std::move(r.hhi)),
                  "effective"_a = give(std::move(r.effective)), "entropy"_a = give(std::move(r.entropy)), "cr1"_a = give(std::move(r.cr1)),
                  "cr3"_a = give(std::move(r.cr3)), "largest"_a = give(std::move(r.largest)),
                  "largest_share"_a = give(std::move(r.largest_share)), "single_source"_a = give(std::move(r.single_source)));
}

[[nodiscard]] graph::like_options like_settings(std::size_t k, const std::string& measure, const std::string& weight, std::uint32_t min_common,
                                                std::size_t max_degree, unsigned threads) {
  return {k, graph::to_likeness(measure), graph::to_weighting(weight), min_common, max_degree, threads};
}

py::dict like_customers(const bound_graph& b, std::size_t k, const std::string& measure, const std::string& weight, const ids_in& customers,
                        std::uint32_t min_common, std::size_t max_degree, unsigned threads) {
  const auto settings = like_settings(k, measure, weight, min_common, max_degree, threads);
  const auto who = view(customers);
  graph::likes r;
  {
    free_lock unlocked;
    r = graph::like_customers(b.g.view(), settings, who);
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "start"_a = give(std::move(r.start)), "like"_a = give(std::move(r.like)),
                  "similarity"_a = give(std::move(r.similarity)), "common"_a = give(std::move(r.common)));
}

py::dict needs_gap(const bound_graph& b, std::size_t k, std::size_t neighbours, bool by_product, const ids_in& customers,
                   const std::string& measure, const std::string& weight, double level, unsigned threads) {
  const auto settings = like_settings(neighbours, measure, weight, 1, 0, threads);
  const auto who = view(customers);
  graph::gaps r;
  {
    free_lock unlocked;
    const graph::baskets baskets = by_product ? graph::baskets_by_product(b.g) : graph::baskets_by_supplier(b.g.view());
    r = graph::needs_gap(baskets, graph::like_customers(b.g.view(), settings, who), {k, level, threads});
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "item"_a = give(std::move(r.item)), "chance"_a = give(std::move(r.chance)),
                  "low"_a = give(std::move(r.low)), "high"_a = give(std::move(r.high)), "expected"_a = give(std::move(r.expected)),
                  "actual"_a = give(std::move(r.actual)), "gap"_a = give(std::move(r.gap)), "held_by"_a = give(std::move(r.held_by)),
                  "rank"_a = give(std::move(r.rank)));
}

py::dict competitors(const bound_graph& b, std::uint32_t min_common, bool test, double fdr, unsigned threads, bool bicm) {
  graph::rivals r;
  {
    free_lock unlocked;
    r = graph::competitors(b.g.view(), {min_common, test, fdr, threads, bicm});
  }
  return py::dict("supplier"_a = give(std::move(r.supplier)), "rival"_a = give(std::move(r.rival)), "common"_a = give(std::move(r.common)),
                  "contested"_a = give(std::move(r.contested)), "jaccard"_a = give(std::move(r.jaccard)), "newman"_a = give(std::move(r.newman)),
                  "p_value"_a = give(std::move(r.p_value)), "validated"_a = give(std::move(r.validated)), "met"_a = r.met,
                  "tests"_a = r.tests, "cut"_a = r.cut);
}

py::dict tie_changes(const bound_graph& b, std::optional<std::uint32_t> quiet) {
  graph::changes r;
  {
    free_lock unlocked;
    r = graph::tie_changes(b.g, quiet);
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "supplier"_a = give(std::move(r.supplier)), "period"_a = give(std::move(r.period)),
                  "change"_a = give(words(r.what)), "before"_a = give(std::move(r.before)), "after"_a = give(std::move(r.after)),
                  "share_before"_a = give(std::move(r.share_before)), "share_after"_a = give(std::move(r.share_after)), "quiet"_a = r.quiet);
}

py::dict scores(graph::node_scores r) {
  return py::dict("customer"_a = give(std::move(r.customer)), "supplier"_a = give(std::move(r.supplier)), "error_bound"_a = r.error_bound,
                  "steps"_a = r.steps, "converged"_a = r.converged);
}

template <class Kernel>
py::dict walk_scores(const bound_graph& b, Kernel kernel, double damping, double tol, const std::string& weight,
                     const column_in<double>& customer, const column_in<double>& supplier) {
  const graph::walk_options settings{damping, tol, graph::to_weighting(weight), 1000};
  const auto c = view(customer), s = view(supplier);
  graph::node_scores r;
  {
    free_lock unlocked;
    r = kernel(b.g.view(), settings, c, s);
  }
  return scores(std::move(r));
}

py::dict core(const bound_graph& b, std::optional<std::uint32_t> least_c, std::optional<std::uint32_t> least_s) {
  graph::core_numbers_of r;
  {
    free_lock unlocked;
    r = least_c || least_s ? graph::core(b.g.view(), least_c.value_or(1), least_s.value_or(1)) : graph::core(b.g.view());
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "supplier"_a = give(std::move(r.supplier)));
}

py::dict cut_nodes(const bound_graph& b) {
  graph::cuts r;
  {
    free_lock unlocked;
    r = graph::cut_nodes(b.g.view());
  }
  std::vector<std::uint32_t> id, pieces, customer, supplier;
  std::vector<double> severed, weight, bridge_severed;
  for (const auto& n : r.nodes) id.push_back(n.id), pieces.push_back(n.pieces), severed.push_back(n.severed);
  for (const auto& t : r.bridges)
    customer.push_back(t.customer), supplier.push_back(t.supplier), weight.push_back(t.weight), bridge_severed.push_back(t.severed);
  return py::dict("node"_a = give(std::move(id)), "pieces"_a = give(std::move(pieces)), "severed"_a = give(std::move(severed)),
                  "customer"_a = give(std::move(customer)), "supplier"_a = give(std::move(supplier)), "weight"_a = give(std::move(weight)),
                  "bridge_severed"_a = give(std::move(bridge_severed)), "components"_a = r.components);
}

py::dict single_source(const bound_graph& b, double level, bool by_product) {
  graph::sole_sources r;
  {
    free_lock unlocked;
    r = graph::single_source(b.g, level, by_product);
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "item"_a = give(std::move(r.item)), "supplier"_a = give(std::move(r.supplier)),
                  "share"_a = give(std::move(r.share)), "since"_a = give(std::move(r.since)));
}

py::dict disrupt(const bound_graph& b, const ids_in& suppliers, double spare) {
  const auto failing = view(suppliers);
  graph::disruption r;
  {
    free_lock unlocked;
    r = graph::disrupt(b.g, failing, spare);
  }
  return py::dict("before"_a = give(std::move(r.before)), "lost"_a = give(std::move(r.lost)), "replaced"_a = give(std::move(r.replaced)),
                  "unserved"_a = give(std::move(r.unserved)), "lost_share"_a = give(std::move(r.lost_share)), "total_lost"_a = r.total_lost,
                  "total_unserved"_a = r.total_unserved);
}

[[nodiscard]] graph::next_options next_settings(std::size_t k, std::optional<std::uint32_t> until, double half_life, double power, double damping,
                                                bool new_only, bool chances, unsigned threads) {
  graph::next_options o;
  o.k = k;
  o.at = until;
  o.walk.half_life = half_life;
  o.walk.power = power;
  o.walk.damping = damping;
  o.new_only = new_only;
  o.chances = chances;
  o.threads = threads;
  return o;
}

py::dict prospect_columns(graph::prospects r) {
  return py::dict("from"_a = give(std::move(r.from)), "to"_a = give(std::move(r.to)), "score"_a = give(std::move(r.score)),
                  "chance"_a = give(std::move(r.chance)), "rank"_a = give(std::move(r.rank)), "via"_a = give(std::move(r.via)),
                  "via2"_a = give(std::move(r.via2)), "status"_a = r.status, "coefficients"_a = r.model.b);
}

py::dict next_ties(const bound_graph& b, const std::string& from, const ids_in& who, std::size_t k, std::optional<std::uint32_t> until,
                   double half_life, double power, double damping, bool new_only, bool chances, unsigned threads) {
  const auto o = next_settings(k, until, half_life, power, damping, new_only, chances, threads);
  const auto ids = view(who);
  const graph::side side = to_side(from);
  graph::prospects r;
  {
    free_lock unlocked;
    r = graph::next_ties(b.g, side, ids, o);
  }
  return prospect_columns(std::move(r));
}

py::dict winnable_columns(graph::winnable_customers r) {
  py::dict out = prospect_columns(std::move(r.who));
  out["expected"] = give(std::move(r.expected));
  out["entry_share"] = r.entry_share;
  return out;
}

std::unique_ptr<graph::TieModel> learn_ties(const bound_graph& b, std::optional<std::uint32_t> until, std::uint32_t horizon, std::size_t origins,
                                            double damping, std::uint64_t seed, unsigned threads) {
  graph::tie_model_options o;
  o.horizon = horizon, o.origins = origins, o.damping = damping, o.seed = seed, o.threads = threads;
  auto out = std::make_unique<graph::TieModel>();
  free_lock unlocked;
  out->fit(b.g, until, o);
  return out;
}

py::dict learned_next(const graph::TieModel& m, const bound_graph& b, const std::string& from, const ids_in& who, std::size_t k) {
  const auto ids = view(who);
  const graph::side side = to_side(from);
  graph::prospects r;
  {
    free_lock unlocked;
    r = m.next(b.g, side, ids, k);
  }
  return prospect_columns(std::move(r));
}

py::dict learned_winnable(const graph::TieModel& m, const bound_graph& b, std::uint32_t supplier, std::size_t k) {
  graph::winnable_customers r;
  {
    free_lock unlocked;
    const std::array<std::uint32_t, 1> one{supplier};
    r = graph::worth_of(b.g, m.next(b.g, graph::side::supplier, one, k), m.last());
  }
  return winnable_columns(std::move(r));
}

py::dict winnable(const bound_graph& b, std::uint32_t supplier, std::size_t k, std::optional<std::uint32_t> until, double half_life, double power,
                  double damping, unsigned threads) {
  const auto o = next_settings(k, until, half_life, power, damping, true, true, threads);
  graph::winnable_customers r;
  {
    free_lock unlocked;
    r = graph::winnable(b.g, supplier, o);
  }
  return winnable_columns(std::move(r));
}

py::dict personalised(const bound_graph& b, const ids_in& seeds, const std::string& want, std::size_t k, double damping, double precision, bool fading,
                      unsigned threads) {
  const auto ids = view(seeds);
  const bool both = want.empty();
  const graph::side only = both ? graph::side::customer : to_side(want);
  graph::personal_scores r;
  {
    free_lock unlocked;
    r = graph::personalised(b.g, ids, both ? nullptr : &only, {k, damping, precision, fading, threads});
  }
  return py::dict("seed"_a = give(std::move(r.seed)), "node"_a = give(std::move(r.node)), "rank"_a = give(std::move(r.rank)),
                  "score"_a = give(std::move(r.score)));
}

py::dict hits(const bound_graph& b, double tol, const std::string& weight) {
  const graph::walk_options settings{0.85, tol, graph::to_weighting(weight), 100'000};
  graph::node_scores r;
  {
    free_lock unlocked;
    r = graph::hits(b.g.view(), settings);
  }
  return scores(std::move(r));
}

py::dict betweenness(const bound_graph& b, std::size_t sources, std::uint64_t seed, unsigned threads) {
  graph::between r;
  {
    free_lock unlocked;
    r = graph::betweenness(b.g.view(), sources, seed, threads);
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "supplier"_a = give(std::move(r.supplier)),
                  "customer_error"_a = give(std::move(r.customer_error)), "supplier_error"_a = give(std::move(r.supplier_error)), "sources"_a = r.sources);
}

py::dict nodf(const bound_graph& b) {
  graph::nested r;
  {
    free_lock unlocked;
    r = graph::nodf(b.g.view());
  }
  return py::dict("rows"_a = r.customers, "columns"_a = r.suppliers, "all"_a = r.all);
}

py::dict brokerage(const bound_graph& b, const std::string& word, std::uint32_t min_common, const std::string& weight, unsigned threads) {
  const graph::side of = to_side(word);
  if (weight != "once" && weight != "common" && weight != "contested")
    throw error(errc::unknown_name, "graph: weight '" + weight + "' is not one of once, common, contested");
  const graph::meeting how = weight == "once" ? graph::meeting::once : weight == "common" ? graph::meeting::common : graph::meeting::contested;
  graph::brokers r;
  {
    free_lock unlocked;
    r = graph::brokerage(graph::project(b.g.view(), of, min_common, how, threads), threads);
  }
  return py::dict("contacts"_a = give(std::move(r.contacts)), "constraint"_a = give(std::move(r.constraint)), "effective"_a = give(std::move(r.effective)),
                  "efficiency"_a = give(std::move(r.efficiency)), "hierarchy"_a = give(std::move(r.hierarchy)));
}

py::dict systemic_risk(const ids_in& seller, const ids_in& buyer, const ids_in& product, const column_in<double>& amount, std::size_t firms,
                       const ids_in& who, const column_in<std::uint8_t>& essential, double base, double tol, unsigned threads) {
  graph::firm_flows in{view(seller), view(buyer), view(product), view(amount), firms};
  const auto needed = view(essential);
  graph::risk_options o;
  o.essential.assign(needed.begin(), needed.end());
  o.base = base, o.tol = tol, o.threads = threads;
  const auto asked = view(who);
  graph::systemic_risk_of r;
  {
    free_lock unlocked;
    r = graph::systemic_risk(in, std::move(o)).index(asked);
  }
  return py::dict("index"_a = give(std::move(r.index)), "output"_a = give(std::move(r.output)), "rounds"_a = give(std::move(r.rounds)));
}

py::dict motifs(const bound_graph& b) {
  graph::motif_counts r;
  {
    free_lock unlocked;
    r = graph::motifs(b.g.view());
  }
  return py::dict("customer_pairs"_a = r.customer_pairs, "supplier_pairs"_a = r.supplier_pairs, "squares"_a = r.squares, "paths"_a = r.paths,
                  "closed"_a = r.closed);
}

py::dict sophistication(const bound_graph& b, const std::string& kind, bool advantage, std::size_t updates, double tol) {
  graph::sophistication r;
  std::vector<std::uint64_t> diversity_c, diversity_s;
  {
    free_lock unlocked;
    graph::own_ties kept;
    graph::two_sided g = b.g.view();
    if (advantage) {
      const std::vector<double> rca = graph::advantage_of_ties(g);
      kept = graph::ties_where(g, [&](std::uint64_t e) { return rca[e] >= 1; });
      g = kept.view();
    }
    r = kind == "fitness" ? graph::fitness(g, updates, tol) : graph::complexity(g);
    for (std::size_t c = 0; c < g.customers(); ++c) diversity_c.push_back(g.customer.degree(c));
    for (std::size_t s = 0; s < g.suppliers(); ++s) diversity_s.push_back(g.supplier.degree(s));
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "supplier"_a = give(std::move(r.supplier)), "lambda2"_a = r.lambda2, "updates"_a = r.updates,
                  "status"_a = r.status, "customer_ties"_a = give(std::move(diversity_c)), "supplier_ties"_a = give(std::move(diversity_s)));
}

py::dict communities(const bound_graph& b, double resolution, const std::string& weight, std::size_t starts, std::uint64_t seed) {
  const graph::community_options o{resolution, graph::to_weighting(weight), starts, seed};
  graph::grouping r;
  {
    free_lock unlocked;
    r = graph::communities(b.g.view(), o);
  }
  return py::dict("customer"_a = give(std::move(r.customer)), "supplier"_a = give(std::move(r.supplier)), "modularity"_a = r.modularity,
                  "groups"_a = r.groups);
}
}  // namespace

void bind_graph(py::module_& m) {
  auto topic = m.def_submodule("graph", "Customers and their many suppliers.");
  topic.def("rank_whole", &ranks<std::uint32_t>, "values"_a.noconvert());
  topic.def("rank_whole", &ranks<std::int32_t>, "values"_a.noconvert());
  topic.def("rank_whole", &ranks<std::uint64_t>, "values"_a.noconvert());
  topic.def("rank_whole", &ranks<std::int64_t>, "values"_a);
  topic.def("systemic_risk", &systemic_risk, "seller"_a, "buyer"_a, "product"_a, "amount"_a, "firms"_a, "who"_a, "essential"_a, "base"_a, "tol"_a,
            "threads"_a = 0);
  py::class_<graph::TieModel>(topic, "TieModel")
      .def_property_readonly("known", &graph::TieModel::known)
      .def_property_readonly("status", &graph::TieModel::status)
      .def_property_readonly("ridge", &graph::TieModel::ridge)
      .def("mix", [](const graph::TieModel& model, const std::string& side) { return model.ranking(to_side(side)).mix(); }, "side"_a)
      .def_property_readonly("new_ties", [](const graph::TieModel& model) { return model.new_ties; })
      .def_property_readonly("slopes", [](const graph::TieModel& model) { return model.curve().slope; })
      .def_property_readonly_static("features", [](const py::object&) {
        return std::vector<std::string>(graph::tie_feature_names.begin(), graph::tie_feature_names.end());
      });
  py::class_<bound_graph>(topic, "SupplierGraph")
      .def(py::init(&make), "customer"_a, "supplier"_a, "amount"_a, "product"_a = py::none(), "period"_a = py::none(), "customers"_a = 0,
           "suppliers"_a = 0, "products"_a = 0, "periods"_a = 0, "keep_zero"_a = false)
      .def_property_readonly("customers", [](const bound_graph& b) { return b.g.customers(); })
      .def_property_readonly("suppliers", [](const bound_graph& b) { return b.g.suppliers(); })
      .def_property_readonly("products", [](const bound_graph& b) { return b.g.products(); })
      .def_property_readonly("periods", [](const bound_graph& b) { return b.g.periods(); })
      .def_property_readonly("ties", [](const bound_graph& b) { return b.g.ties(); })
      .def("window", &at, "first"_a, "last"_a)
      .def("rows", &rows_of, "side"_a)
      .def("lines", &lines_of)
      .def("refused", &refused)
      .def("concentration", &concentration, "side"_a = "customer", "threads"_a = 0)
      .def("like_customers", &like_customers, "k"_a, "measure"_a, "weight"_a, "customers"_a, "min_common"_a, "max_degree"_a = 0, "threads"_a = 0)
      .def("needs_gap", &needs_gap, "k"_a, "neighbours"_a, "by_product"_a, "customers"_a, "measure"_a, "weight"_a, "level"_a, "threads"_a = 0)
      .def("competitors", &competitors, "min_common"_a, "test"_a, "fdr"_a, "threads"_a = 0, "bicm"_a = false)
      .def("tie_changes", &tie_changes, "quiet"_a = py::none())
      .def("pagerank", [](const bound_graph& b, double damping, double tol, const std::string& weight, const column_in<double>& c,
                          const column_in<double>& s) { return walk_scores(b, &graph::pagerank, damping, tol, weight, c, s); },
           "damping"_a, "tol"_a, "weight"_a, "customer_seeds"_a, "supplier_seeds"_a)
      .def("birank", [](const bound_graph& b, double damping, double tol, const std::string& weight, const column_in<double>& c,
                        const column_in<double>& s) { return walk_scores(b, &graph::birank, damping, tol, weight, c, s); },
           "damping"_a, "tol"_a, "weight"_a, "customer_seeds"_a, "supplier_seeds"_a)
      .def("core", &core, "a"_a = py::none(), "b"_a = py::none())
      .def("cut_nodes", &cut_nodes)
      .def("personalised", &personalised, "seeds"_a, "want"_a, "k"_a, "damping"_a, "precision"_a, "fading"_a, "threads"_a = 0)
      .def("hits", &hits, "tol"_a, "weight"_a)
      .def("betweenness", &betweenness, "sources"_a, "seed"_a, "threads"_a = 0)
      .def("nodf", &nodf)
      .def("motifs", &motifs)
      .def("brokerage", &brokerage, "side"_a, "min_common"_a, "weight"_a, "threads"_a = 0)
      .def("advantage", [](const bound_graph& bound) { return give(graph::advantage_of_ties(bound.g.view())); })
      .def("sophistication", &sophistication, "kind"_a, "advantage"_a, "updates"_a = 0, "tol"_a = 1e-10)
      .def("communities", &communities, "resolution"_a, "weight"_a, "starts"_a, "seed"_a)
      .def("single_source", &single_source, "level"_a, "by_product"_a)
      .def("disrupt", &disrupt, "suppliers"_a, "spare"_a)
      .def("next_ties", &next_ties, "side"_a, "who"_a, "k"_a, "at"_a, "half_life"_a, "power"_a, "damping"_a, "new_only"_a, "chances"_a,
           "threads"_a = 0)
      .def("learn_ties", &learn_ties, "at"_a, "horizon"_a, "origins"_a, "damping"_a, "seed"_a, "threads"_a = 0)
      .def("learned_next", [](const bound_graph& b, const graph::TieModel& model, const std::string& side, const ids_in& who, std::size_t k) {
        return learned_next(model, b, side, who, k);
      }, "model"_a, "side"_a, "who"_a, "k"_a)
      .def("learned_winnable", [](const bound_graph& b, const graph::TieModel& model, std::uint32_t supplier, std::size_t k) {
        return learned_winnable(model, b, supplier, k);
      }, "model"_a, "supplier"_a, "k"_a)
      .def("winnable", &winnable, "supplier"_a, "k"_a, "at"_a, "half_life"_a, "power"_a, "damping"_a, "threads"_a = 0);
}
}  // namespace guanxi::python
