#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/scatter.hpp>
#include <guanxi/ledger/deliveries.hpp>

namespace guanxi::graph {

/// Lines of trade as columns: who bought from whom, how much, and if known what and when. Views; any row order.
struct lines {
  std::span<const std::uint32_t> customer;
  std::span<const std::uint32_t> supplier;
  std::span<const double> amount;
  std::span<const std::uint32_t> product = {};  // empty: not known
  std::span<const std::uint32_t> period = {};   // consecutive whole numbers; empty: not known
  std::size_t customers = 0;                    // numbers of labels; ids are below them
  std::size_t suppliers = 0;
  std::size_t products = 0;
  std::size_t periods = 0;
};

/// Why a line or a tie is not in the graph.
enum class refusal : std::uint8_t { amount_not_finite, net_negative, net_zero };

[[nodiscard]] constexpr const char* reason(refusal r) noexcept {
  switch (r) {
    case refusal::amount_not_finite: return "amount is not a finite number";
    case refusal::net_negative: return "credits exceed purchases";
    case refusal::net_zero: return "net amount is zero";
  }
  return "unknown";
}

/// A line (row known) or a whole tie (row = none) that was left out.
struct rejected {
  std::uint64_t row = std::numeric_limits<std::uint64_t>::max();
  std::uint32_t customer = none;
  std::uint32_t supplier = none;
  refusal why = refusal::amount_not_finite;
};

struct build_options {
  bool keep_zero = false;  // ties of net amount 0 stay: "bought, amount unknown to us"
  bool borrow = false;     // sorted columns without duplicates are used in place; they must outlive the graph
  unsigned threads = 0;    // 0: all of the machine's; the same graph for any number
};

/// Customers, their suppliers, and what passed between them: compressed rows for both sides of the same ties.
///
/// A tie is a customer and a supplier whose net amount is positive; its weight is that amount. Ties that net to zero or
/// less, and lines whose amount is not finite, are listed in refused(). Lines keep product and period when given.
class SupplierGraph {
 public:
  SupplierGraph() = default;

  /// Takes   columns of one length; ids below the numbers of labels (found from the columns when 0 is given).
  /// Gives   the same bits for any order of the lines: equal ties are summed by (period, product, amount), Neumaier.
  /// Fails   errc::size_mismatch; errc::out_of_domain when an id is not below its number of labels.
  /// Costs   O(lines + labels): three counting scatters, two when sorted by customer, one when sorted by both.
  explicit SupplierGraph(const lines& in, const build_options& options = {}) { build(in, options); }

  SupplierGraph(SupplierGraph&&) noexcept = default;
  SupplierGraph& operator=(SupplierGraph&&) noexcept = default;
  SupplierGraph(const SupplierGraph&) = delete;  // views into own columns: move it
  SupplierGraph& operator=(const SupplierGraph&) = delete;

  [[nodiscard]] std::size_t customers() const noexcept { return c_.size(); }
  [[nodiscard]] std::size_t suppliers() const noexcept { return s_.size(); }
  [[nodiscard]] std::size_t products() const noexcept { return products_; }
  [[nodiscard]] std::size_t periods() const noexcept { return periods_; }
  [[nodiscard]] std::size_t ties() const noexcept { return c_.ties(); }
  [[nodiscard]] const rows& by_customer() const noexcept { return c_; }
  [[nodiscard]] const rows& by_supplier() const noexcept { return s_; }
  [[nodiscard]] two_sided view() const noexcept { return {c_, s_}; }
  [[nodiscard]] std::span<const rejected> refused() const noexcept { return refused_; }
  [[nodiscard]] bool has_products() const noexcept { return with_products_; }
  [[nodiscard]] bool has_periods() const noexcept { return with_periods_; }
  /// Whether lines were kept (a product or a period was given).
  [[nodiscard]] bool has_lines() const noexcept { return !pair_start_.empty(); }

  /// The lines, sorted by customer, supplier, period, product, amount; those of pair p are pair_start[p] .. [p + 1] - 1.
  /// A pair is a customer and a supplier with any line, also when its net amount made it no tie.
  [[nodiscard]] std::span<const std::uint64_t> pair_start() const noexcept { return pair_start_; }
  [[nodiscard]] std::span<const std::uint32_t> pair_customer() const noexcept { return pair_customer_; }
  [[nodiscard]] std::span<const std::uint32_t> pair_supplier() const noexcept { return pair_supplier_; }
  [[nodiscard]] std::span<const double> line_amount() const noexcept { return amount_; }
  [[nodiscard]] std::span<const std::uint32_t> line_product() const noexcept { return product_; }
  [[nodiscard]] std::span<const std::uint32_t> line_period() const noexcept { return period_; }
  /// Number of lines of each tie, in the order of by_customer(); empty when every tie has one line.
  [[nodiscard]] std::span<const std::uint32_t> lines_of_tie() const noexcept { return tie_lines_; }
  /// Pair of each tie, in the order of by_customer(); empty when tie and pair have the same number.
  [[nodiscard]] std::span<const std::uint64_t> pair_of_tie() const noexcept { return tie_pair_; }
  [[nodiscard]] std::uint64_t pair_of(std::size_t tie) const noexcept { return tie_pair_.empty() ? tie : tie_pair_[tie]; }

  /// The graph of the lines of periods first .. last (inclusive); ids stay. Needs periods. Costs O(lines).
  [[nodiscard]] SupplierGraph window(std::uint32_t first, std::uint32_t last) const {
    if (!has_periods()) throw error(errc::unknown_name, "graph: a window of periods was asked, but no 'period' was given");
    SupplierGraph out;
    out.c_start_.assign(customers() + 1, 0);
    out.products_ = products_;
    out.periods_ = periods_;
    out.keep_zero_ = keep_zero_;
    out.with_products_ = with_products_;
    out.with_periods_ = true;
    for (std::size_t p = 0; p + 1 < pair_start_.size(); ++p) {
      const std::size_t before = out.amount_.size();
      for (std::uint64_t i = pair_start_[p]; i < pair_start_[p + 1]; ++i) {
        if (period_[i] < first || period_[i] > last) continue;
        out.amount_.push_back(amount_[i]);
        out.period_.push_back(period_[i]);
        if (has_products()) out.product_.push_back(product_[i]);
      }
      if (out.amount_.size() != before) {
        out.pair_start_.push_back(before);
        out.pair_customer_.push_back(pair_customer_[p]);
        out.pair_supplier_.push_back(pair_supplier_[p]);
      }
    }
    out.pair_start_.push_back(out.amount_.size());
    out.ties_from_pairs(customers(), suppliers());
    return out;
  }
  /// What was known at the end of a period.
  [[nodiscard]] SupplierGraph at(std::uint32_t last) const { return window(0, last); }

 private:
  using ids = std::span<const std::uint32_t>;
  static constexpr std::size_t scan = 1 << 18;  // rows a thread looks through at a time

  static void check(const lines& in) {
    const auto same = [&](std::size_t n, const char* name) {
      if (n != in.customer.size())
        throw error(errc::size_mismatch, std::string("graph: '") + name + "' has " + std::to_string(n) +
                                             " rows, 'customer' has " + std::to_string(in.customer.size()));
    };
    same(in.supplier.size(), "supplier");
    same(in.amount.size(), "amount");
    if (!in.product.empty() || in.products != 0) same(in.product.size(), "product");
    if (!in.period.empty() || in.periods != 0) same(in.period.size(), "period");
  }

  static std::size_t count_labels(ids column, std::size_t given, const char* name, unsigned threads) {
    std::vector<std::uint32_t> tops(column.size() / scan + 1, 0);
    parallel_blocks(
        column.size(), scan,
        [&](std::size_t begin, std::size_t end, std::size_t at) {
          std::uint32_t most = 0;
          for (std::size_t i = begin; i < end; ++i) most = std::max(most, column[i]);
          tops[at] = most;
        },
        threads);
    const std::uint32_t top = *std::max_element(tops.begin(), tops.end());
    const std::size_t need = column.empty() ? 0 : std::size_t{top} + 1;
    if (given != 0 && need > given)
      throw error(errc::out_of_domain, std::string("graph: '") + name + "' holds id " + std::to_string(top) +
                                           ", only " + std::to_string(given) + " labels were given");
    return std::max(given, need);
  }

  void build(const lines& in, const build_options& options) {
    check(in);
    keep_zero_ = options.keep_zero;
    const std::size_t nc = count_labels(in.customer, in.customers, "customer", options.threads);
    const std::size_t ns = count_labels(in.supplier, in.suppliers, "supplier", options.threads);
    products_ = count_labels(in.product, in.products, "product", options.threads);
    periods_ = count_labels(in.period, in.periods, "period", options.threads);
    with_products_ = !in.product.empty() || in.products != 0;
    with_periods_ = !in.period.empty() || in.periods != 0;
    threads_ = options.threads;
    const bool finite = everywhere(in.amount.size(), [&](std::size_t i) { return in.amount[i] - in.amount[i] == 0; });
    if (!finite) return build_kept(in, options, nc, ns);
    if (!with_products_ && !with_periods_)
      build_plain(in, options, nc, ns);
    else
      build_detailed(in, nc, ns);
    std::sort(refused_.begin(), refused_.end(), [](const rejected& a, const rejected& b) {
      return std::tie(a.row, a.customer, a.supplier) < std::tie(b.row, b.customer, b.supplier);
    });
  }

  // Some amounts are not finite: note them and build from a copy of the others.
  void build_kept(const lines& in, const build_options& options, std::size_t nc, std::size_t ns) {
    std::vector<std::uint32_t> customer, supplier, product, period;
    std::vector<double> amount;
    std::vector<rejected> bad;
    for (std::size_t i = 0; i < in.amount.size(); ++i) {
      if (!std::isfinite(in.amount[i])) {
        bad.push_back({i, in.customer[i], in.supplier[i], refusal::amount_not_finite});
        continue;
      }
      customer.push_back(in.customer[i]);
      supplier.push_back(in.supplier[i]);
      amount.push_back(in.amount[i]);
      if (!in.product.empty()) product.push_back(in.product[i]);
      if (!in.period.empty()) period.push_back(in.period[i]);
    }
    build_options copy = options;
    copy.borrow = false;
    build({customer, supplier, amount, product, period, nc, ns, products_, periods_}, copy);
    refused_.insert(refused_.begin(), bad.begin(), bad.end());
  }

  static void prefix(std::vector<std::uint64_t>& start) noexcept { detail::running_total(start); }

  /// Whether a condition holds for all i < n; does not stop early, so that it can run over several at once.
  template <class Condition>
  [[nodiscard]] bool everywhere(std::size_t n, const Condition& holds) const {
    std::vector<char> good(n / scan + 1, 1);
    parallel_blocks(
        n, scan,
        [&](std::size_t begin, std::size_t end, std::size_t at) {
          bool all = true;
          for (std::size_t i = begin; i < end; ++i) all &= holds(i);
          good[at] = all;
        },
        threads_);
    return std::all_of(good.begin(), good.end(), [](char x) { return x != 0; });
  }

  [[nodiscard]] bool kept(double net) const noexcept { return net > 0 || (keep_zero_ && net == 0); }

  // No product, no period: lines are not kept.
  void build_plain(const lines& in, const build_options& options, std::size_t nc, std::size_t ns) {
    const std::size_t n = in.amount.size();
    const ids c = in.customer, s = in.supplier;
    const bool by_customer = everywhere(n, [&](std::size_t i) { return i == 0 || c[i - 1] <= c[i]; });
    if (by_customer && everywhere(n, [&](std::size_t i) { return kept(in.amount[i]) & (i == 0 || c[i - 1] != c[i] || s[i - 1] < s[i]); })) {
      starts_of_sorted(c, nc);
      if (options.borrow) {
        c_ = {c_start_, in.supplier, in.amount};
      } else {
        c_other_.assign(in.supplier.begin(), in.supplier.end());
        c_weight_.assign(in.amount.begin(), in.amount.end());
        c_ = {c_start_, c_other_, c_weight_};
      }
      return transpose(ns);
    }
    detail::column_of<std::uint32_t> other;
    detail::column_of<double> weight;
    rows first;
    if (by_customer) {
      starts_of_sorted(c, nc);
      first = {c_start_, in.supplier, in.amount};
    } else {
      other.resize(n);
      weight.resize(n);
      const auto each = [](std::size_t begin, std::size_t end, const auto& body) {
        for (std::size_t i = begin; i < end; ++i) body(i);
      };
      detail::counting_sort(
          n, nc, c_start_, each, [&](std::size_t i) { return c[i]; },
          [&](std::size_t i, std::uint64_t slot) {
            other[slot] = s[i];
            weight[slot] = in.amount[i];
          },
          threads_);
      first = {c_start_, other, weight};
    }
    scatter(first, ns, s_start_, s_other_, s_weight_);
    merge_supplier_side();
    c_other_ = std::move(other);
    c_weight_ = std::move(weight);
    s_ = {s_start_, s_other_, s_weight_};
    scatter(s_, nc, c_start_, c_other_, c_weight_);
    c_ = {c_start_, c_other_, c_weight_};
    if (!tie_lines_.empty()) {
      std::vector<std::uint64_t> next(c_start_.begin(), c_start_.end() - 1);
      std::vector<std::uint32_t> moved(tie_lines_.size());
      for (std::size_t i = 0; i < s_other_.size(); ++i) moved[next[s_other_[i]]++] = tie_lines_[i];
      tie_lines_ = std::move(moved);
    }
  }

  // Where the rows of each customer begin when they stand in order.
  void starts_of_sorted(ids customer, std::size_t nc) {
    c_start_.assign(nc + 1, 0);
    std::size_t id = 0;
    for (std::size_t i = 0; i < customer.size(); ++i)
      while (id < customer[i]) c_start_[++id] = i;
    while (id < nc) c_start_[++id] = customer.size();
  }

  // Transposes rows: one stable counting sort, so the other ends come out ascending.
  void scatter(const rows& from, std::size_t size, std::vector<std::uint64_t>& start, detail::column_of<std::uint32_t>& other,
               detail::column_of<double>& weight) const {
    other.resize(from.other.size());
    weight.resize(from.other.size());
    struct entry {
      std::size_t slot;
      std::size_t row;
    };
    const auto walk = [&](std::size_t begin, std::size_t end, const auto& body) {
      if (begin == end) return;
      std::size_t row = static_cast<std::size_t>(std::upper_bound(from.start.begin(), from.start.end(), begin) - from.start.begin()) - 1;
      for (std::size_t i = begin; i < end; ++row)
        for (const std::size_t last = std::min<std::size_t>(end, from.start[row + 1]); i < last; ++i) body(entry{i, row});
    };
    detail::counting_sort(
        from.other.size(), size, start, walk, [&](const entry& e) { return from.other[e.slot]; },
        [to = other.data(), money = weight.data(), &from](const entry& e, std::uint64_t slot) {
          to[slot] = static_cast<std::uint32_t>(e.row);
          money[slot] = from.weight[e.slot];
        },
        threads_);
  }

  void transpose(std::size_t ns) {
    scatter(c_, ns, s_start_, s_other_, s_weight_);
    s_ = {s_start_, s_other_, s_weight_};
  }

  // Sums equal ties of the supplier side and drops those without a positive net amount.
  void merge_supplier_side() {
    std::vector<char> clean(s_start_.size() / 4096 + 1, 1);
    parallel_blocks(
        s_start_.size() - 1, 4096,
        [&](std::size_t begin, std::size_t end, std::size_t at) {
          bool all = true;
          for (std::size_t s = begin; s < end; ++s)
            for (std::uint64_t i = s_start_[s]; i < s_start_[s + 1]; ++i)
              all &= kept(s_weight_[i]) & (i == s_start_[s] || s_other_[i - 1] != s_other_[i]);
          clean[at] = all;
        },
        threads_);
    if (std::all_of(clean.begin(), clean.end(), [](char x) { return x != 0; })) return;
    std::vector<std::uint32_t> count;
    count.reserve(s_other_.size());
    std::uint64_t out = 0;
    for (std::size_t s = 0; s + 1 < s_start_.size(); ++s) {
      const std::uint64_t end = s_start_[s + 1];
      std::uint64_t i = s_start_[s];
      s_start_[s] = out;
      while (i < end) {
        std::uint64_t j = i + 1;
        while (j < end && s_other_[j] == s_other_[i]) ++j;
        const double net = sum_sorted(s_weight_.data() + i, s_weight_.data() + j);
        if (kept(net)) {
          s_other_[out] = s_other_[i];
          s_weight_[out++] = net;
          count.push_back(static_cast<std::uint32_t>(j - i));
        } else {
          refuse(s_other_[i], static_cast<std::uint32_t>(s), net);
        }
        i = j;
      }
    }
    s_start_.back() = out;
    s_other_.resize(out);
    s_weight_.resize(out);
    if (std::any_of(count.begin(), count.end(), [](std::uint32_t c) { return c != 1; })) tie_lines_ = std::move(count);
  }

  static double sum_sorted(double* first, double* last) {
    if (last - first == 1) return *first;
    std::sort(first, last);
    running_sum sum;
    for (; first != last; ++first) sum.add(*first);
    return sum.value();
  }

  void refuse(std::uint32_t c, std::uint32_t s, double net) {
    rejected r;
    r.customer = c;
    r.supplier = s;
    r.why = net < 0 ? refusal::net_negative : refusal::net_zero;
    refused_.push_back(r);
  }

  // Product or period given: the lines are kept, sorted.
  void build_detailed(const lines& in, std::size_t nc, std::size_t ns) {
    const std::size_t n = in.amount.size();
    std::vector<std::uint64_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = i;
    bool sorted = true;
    for (std::size_t i = 1; i < n && sorted; ++i)
      sorted = in.customer[i - 1] < in.customer[i] || (in.customer[i - 1] == in.customer[i] && in.supplier[i - 1] <= in.supplier[i]);
    if (!sorted) {
      sort_by(in.supplier, ns, order);
      sort_by(in.customer, nc, order);
    }
    const auto key = [&](std::uint64_t i) {
      return std::tuple(in.period.empty() ? 0u : in.period[i], in.product.empty() ? 0u : in.product[i], in.amount[i]);
    };
    for (std::size_t i = 0; i < n;) {
      const std::uint32_t c = in.customer[order[i]], s = in.supplier[order[i]];
      std::size_t j = i + 1;
      while (j < n && in.customer[order[j]] == c && in.supplier[order[j]] == s) ++j;
      if (j - i > 1)
        std::sort(order.begin() + static_cast<std::ptrdiff_t>(i), order.begin() + static_cast<std::ptrdiff_t>(j),
                  [&](std::uint64_t a, std::uint64_t b) { return key(a) < key(b); });
      pair_start_.push_back(i);
      pair_customer_.push_back(c);
      pair_supplier_.push_back(s);
      i = j;
    }
    pair_start_.push_back(n);
    gather(in.amount, order, amount_);
    if (!in.product.empty()) gather(in.product, order, product_);
    if (!in.period.empty()) gather(in.period, order, period_);
    ties_from_pairs(nc, ns);
  }

  static void sort_by(ids key, std::size_t labels, std::vector<std::uint64_t>& order) {
    std::vector<std::uint64_t> next(labels + 1, 0);
    for (const std::uint32_t k : key) ++next[k];
    prefix(next);
    std::vector<std::uint64_t> out(order.size());
    for (const std::uint64_t i : order) out[next[key[i]]++] = i;
    order = std::move(out);
  }

  template <class T>
  static void gather(std::span<const T> from, const std::vector<std::uint64_t>& order, std::vector<T>& to) {
    to.resize(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) to[i] = from[order[i]];
  }

  void ties_from_pairs(std::size_t nc, std::size_t ns) {
    const std::size_t pairs = pair_start_.size() - 1;
    c_start_.assign(nc + 1, 0);
    bool several = false;
    for (std::size_t p = 0; p < pairs; ++p) {
      running_sum net;
      for (std::uint64_t i = pair_start_[p]; i < pair_start_[p + 1]; ++i) net.add(amount_[i]);
      if (!kept(net.value())) {
        refuse(pair_customer_[p], pair_supplier_[p], net.value());
        continue;
      }
      ++c_start_[pair_customer_[p]];
      c_other_.push_back(pair_supplier_[p]);
      c_weight_.push_back(net.value());
      tie_pair_.push_back(p);
      tie_lines_.push_back(static_cast<std::uint32_t>(pair_start_[p + 1] - pair_start_[p]));
      several |= tie_lines_.back() != 1;
    }
    if (tie_pair_.size() == pairs) tie_pair_ = {};
    if (!several) tie_lines_ = {};
    prefix(c_start_);
    c_ = {c_start_, c_other_, c_weight_};
    transpose(ns);
  }

  std::vector<std::uint64_t> c_start_, s_start_, pair_start_, tie_pair_;
  detail::column_of<std::uint32_t> c_other_, s_other_;
  detail::column_of<double> c_weight_, s_weight_;
  std::vector<std::uint32_t> pair_customer_, pair_supplier_, product_, period_, tie_lines_;
  std::vector<double> amount_;
  unsigned threads_ = 0;
  std::vector<rejected> refused_;
  rows c_, s_;
  std::size_t products_ = 0, periods_ = 0;
  bool keep_zero_ = false, with_products_ = false, with_periods_ = false;
};

/// The graph of deliveries in the periods first .. last (inclusive); periods are kept.
/// Fails errc::empty when first > last. Costs O(rows).
[[nodiscard]] inline SupplierGraph graph_of(const ledger::deliveries& seen, std::uint32_t first, std::uint32_t last) {
  if (first > last) throw error(errc::empty, "graph: the window of periods " + std::to_string(first) + " .. " + std::to_string(last) + " is empty");
  std::vector<std::uint32_t> customer, supplier, period;
  std::vector<double> amount;
  for (std::size_t i = 0; i < seen.rows(); ++i) {
    if (seen.period[i] < first || seen.period[i] > last) continue;
    customer.push_back(seen.customer[i]);
    supplier.push_back(seen.supplier[i]);
    period.push_back(seen.period[i]);
    amount.push_back(seen.amount[i]);
  }
  return SupplierGraph({customer, supplier, amount, {}, period, seen.customers, seen.suppliers, 0, seen.periods});
}
[[nodiscard]] inline SupplierGraph graph_of(const ledger::deliveries& seen) {
  return graph_of(seen, 0, std::numeric_limits<std::uint32_t>::max());
}

/// The graph of customers and products from compressed rows of totals: products stand where suppliers stand, so
/// like_customers finds customers who buy the same products and needs_gap what they buy that this one does not.
/// Takes   start (customers + 1), product and amount of each entry. Costs O(entries).
[[nodiscard]] inline SupplierGraph graph_of_products(std::span<const std::uint64_t> start, std::span<const std::uint32_t> product,
                                                     std::span<const double> amount, std::size_t products) {
  if (start.empty() || start.back() != product.size())
    throw error(errc::size_mismatch, "graph::graph_of_products: 'start' must end at the number of entries, " + std::to_string(product.size()));
  std::vector<std::uint32_t> customer(product.size());
  for (std::size_t c = 0; c + 1 < start.size(); ++c)
    for (std::uint64_t i = start[c]; i < start[c + 1]; ++i) customer[i] = static_cast<std::uint32_t>(c);
  return SupplierGraph({customer, product, amount, {}, {}, start.size() - 1, products});
}

}  // namespace guanxi::graph
