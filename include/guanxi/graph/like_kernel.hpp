#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/graph/rows.hpp>
#include <guanxi/graph/weighting.hpp>

namespace guanxi::graph {

/// How alike two customers' ties are; x is the value of a tie, d the number of ties.
///   cosine   sum x y / (|x| |y|);  for binary ties common / sqrt(d_u d_v)
///   jaccard  common / (d_u + d_v - common);  overlap  common / min(d_u, d_v): both count ties only
///   ruzicka  sum min(x, y) / sum max(x, y)
enum class likeness : std::uint8_t { cosine, jaccard, overlap, ruzicka };

/// From the word used in Python. Fails errc::unknown_name.
[[nodiscard]] inline likeness to_likeness(std::string_view word) {
  if (word == "cosine") return likeness::cosine;
  if (word == "jaccard") return likeness::jaccard;
  if (word == "overlap") return likeness::overlap;
  if (word == "ruzicka") return likeness::ruzicka;
  throw error(errc::unknown_name, "graph: measure '" + std::string(word) + "' is not one of cosine, jaccard, overlap, ruzicka");
}

struct like_options {
  std::size_t k = 10;
  likeness measure = likeness::cosine;
  weighting weight = weighting::binary;
  std::uint32_t min_common = 1;     // fewer common suppliers: not alike
  std::size_t max_degree = 0;       // suppliers with more customers are left out; 0: none is
  unsigned threads = 0;
};

/// The most like customers of each asked customer, best first: entries start[i] .. start[i + 1] - 1.
struct likes {
  std::vector<std::uint32_t> customer;  // whom row i is about
  std::vector<std::uint64_t> start;
  std::vector<std::uint32_t> like;
  std::vector<double> similarity;
  std::vector<std::uint32_t> common;
};

namespace detail {

struct candidate {
  double similarity;
  std::uint32_t id;
  std::uint32_t common;
};
// Best first: higher similarity, then lower id.
[[nodiscard]] inline bool better(const candidate& a, const candidate& b) noexcept {
  return a.similarity > b.similarity || (a.similarity == b.similarity && a.id < b.id);
}

/// The k best of what is offered.
class best_k {
 public:
  explicit best_k(std::size_t k) : k_(k) { heap_.reserve(k + 1); }
  [[nodiscard]] double bar() const noexcept { return heap_.size() < k_ ? -1.0 : heap_.front().similarity; }
  void offer(const candidate& c) {
    if (heap_.size() == k_) {
      if (!better(c, heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), better);
      heap_.back() = c;
    } else {
      heap_.push_back(c);
    }
    std::push_heap(heap_.begin(), heap_.end(), better);
  }
  [[nodiscard]] const std::vector<candidate>& sorted() {
    std::sort_heap(heap_.begin(), heap_.end(), better);
    return heap_;
  }
  void clear() noexcept { heap_.clear(); }

 private:
  std::size_t k_;
  std::vector<candidate> heap_;
};

struct like_scratch {
  std::vector<std::uint32_t> common;
  std::vector<std::uint32_t> touched;
  std::vector<double> sum;
  best_k best;
};

struct like_kernel {
  using scratch = like_scratch;
  const two_sided& g;
  const like_options& o;
  std::vector<double> x_customer, x_supplier;  // values of ties on both sides; empty for counting measures
  std::vector<double> size;                    // |x| or sum x of a customer

  like_kernel(const two_sided& graph, const like_options& options) : g(graph), o(options) {
    if (counting()) return;
    x_customer = tie_values(g, o.weight);
    x_supplier = across(g.customer, g.supplier, x_customer);
    size.resize(g.customers());
    for (std::size_t c = 0; c < size.size(); ++c) {
      double total = 0;
      for (std::uint64_t i = g.customer.start[c]; i < g.customer.start[c + 1]; ++i)
        total += o.measure == likeness::ruzicka ? x_customer[i] : x_customer[i] * x_customer[i];
      size[c] = o.measure == likeness::ruzicka ? total : std::sqrt(total);
    }
  }
  [[nodiscard]] bool counting() const noexcept {
    return o.measure == likeness::jaccard || o.measure == likeness::overlap || o.weight == weighting::binary;
  }
  [[nodiscard]] like_scratch make_scratch() const {
    const std::size_t n = g.customers();
    return {std::vector<std::uint32_t>(n), std::vector<std::uint32_t>(n + 1), std::vector<double>(counting() ? 0 : n), best_k(o.k)};
  }
  [[nodiscard]] bool skip(std::uint32_t s) const noexcept { return o.max_degree != 0 && g.supplier.degree(s) > o.max_degree; }

  /// Similarity from the number of common suppliers and, for weighted measures, the accumulated sum.
  [[nodiscard]] double similarity(std::size_t u, std::size_t v, double common, double sum) const noexcept {
    const double du = static_cast<double>(g.customer.degree(u)), dv = static_cast<double>(g.customer.degree(v));
    if (o.measure == likeness::overlap) return common / std::min(du, dv);
    if (o.measure == likeness::jaccard || (o.measure == likeness::ruzicka && counting())) return common / (du + dv - common);
    if (counting()) return common / std::sqrt(du * dv);
    if (o.measure == likeness::ruzicka) return size[u] + size[v] - sum > 0 ? sum / (size[u] + size[v] - sum) : 0;
    const double scale = size[u] * size[v];
    return scale > 0 ? std::min(1.0, sum / scale) : 0;
  }

  const std::vector<candidate>& row(std::uint32_t u, like_scratch& t) const {
    std::size_t found = 0;
    const bool count_only = counting();
    for (std::uint64_t i = g.customer.start[u]; i < g.customer.start[u + 1]; ++i) {
      const std::uint32_t s = g.customer.other[i];
      if (skip(s)) continue;
      const std::uint64_t end = g.supplier.start[s + 1];
      for (std::uint64_t j = g.supplier.start[s]; j < end; ++j) {
        const std::uint32_t v = g.supplier.other[j];
        t.touched[found] = v;
        found += t.common[v]++ == 0;
        if (count_only) continue;
        t.sum[v] += o.measure == likeness::ruzicka ? std::min(x_customer[i], x_supplier[j]) : x_customer[i] * x_supplier[j];
      }
    }
    t.best.clear();
    for (std::size_t f = 0; f < found; ++f) {
      const std::uint32_t v = t.touched[f];
      const std::uint32_t common = t.common[v];
      t.common[v] = 0;
      double sum = 0;
      if (!count_only) {
        sum = t.sum[v];
        t.sum[v] = 0;
      }
      if (v == u || common < o.min_common) continue;
      const double similar = similarity(u, v, common, sum);
      if (similar > 0 && similar >= t.best.bar()) t.best.offer({similar, v, common});
    }
    return t.best.sorted();
  }
};

}  // namespace detail

}  // namespace guanxi::graph
