#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include <guanxi/plan/spread_market.hpp>

namespace guanxi::plan::spread_detail {

/// Search over the accounts that hang between nothing and enough, by intervals of their effort.
///
/// A node is a list of intervals; its bound is that of the concave envelopes on them. Best bound first; same bits
/// everywhere.
class splitter {
 public:
  splitter(market& m, double budget, double tolerance) : m_(m), budget_(budget), tolerance_(tolerance) {}

  void run(spread_plan& best, const std::vector<double>& root, std::size_t hangs, std::uint64_t nodes) {
    if (hangs >= root.size()) return;
    struct open_node {
      double bound;
      std::vector<cutting> cuts;
      std::size_t hangs;
      double at;
      double price;
    };
    std::vector<open_node> heap{{best.bound, {}, hangs, root[hangs], m_.price()}};
    const auto worse = [](const open_node& a, const open_node& b) { return a.bound < b.bound; };
    double closed = -inf;
    const double size = std::abs(best.bound);
    std::vector<double> x;
    while (!heap.empty() && best.nodes < nodes) {
      std::pop_heap(heap.begin(), heap.end(), worse);
      const open_node now = std::move(heap.back());
      heap.pop_back();
      if (now.bound - best.total <= tolerance_ * size) {
        closed = std::max(closed, now.bound);
        break;  // best first: nothing better is left
      }
      for (const bool left : {true, false}) {
        ++best.nodes;
        std::vector<cutting> cuts = now.cuts;
        curve probe = m_.curves()[now.hangs];
        for (const cutting& one : cuts)
          if (one.account == now.hangs) probe.a = one.a, probe.b = one.b;
        (left ? probe.b : probe.a) = now.at;
        cuts.push_back({now.hangs, probe.a, probe.b});
        const std::vector<curve> kept = apply(cuts);
        if (m_.solve(now.price)) {
          const double bound = std::min(now.bound, m_.bound());
          const double price = m_.price();
          const std::size_t next = m_.efforts(x);
          offer(best, x);
          undo(cuts, kept);
          if (bound - best.total > tolerance_ * size) {
            if (next < x.size()) {
              heap.push_back({bound, std::move(cuts), next, x[next], price});
              std::push_heap(heap.begin(), heap.end(), worse);
            } else {
              closed = std::max(closed, bound);
            }
          } else {
            closed = std::max(closed, bound);
          }
        } else {
          undo(cuts, kept);
        }
      }
    }
    for (const open_node& one : heap) closed = std::max(closed, one.bound);
    best.bound = std::max(best.total, std::min(best.bound, closed));
  }

  void offer(spread_plan& best, const std::vector<double>& x) {
    running_sum total, used;
    for (std::size_t i = 0; i < x.size(); ++i) total.add(at(m_.curves()[i], x[i])), used.add(x[i]);
    if (used.value() > budget_ * (1 + 1e-9)) return;
    if (!best.effort.empty() && total.value() <= best.total) return;
    best.total = total.value();
    best.used = used.value();
    best.effort = x;
  }

 private:
  struct cutting {
    std::size_t account;
    double a, b;
  };
  std::vector<curve> apply(const std::vector<cutting>& cuts) {
    std::vector<curve> kept;
    for (const cutting& one : cuts) {
      curve& c = m_.curves()[one.account];
      kept.push_back(c);
      c.a = one.a;
      c.b = one.b;
      envelope(c);
    }
    return kept;
  }
  void undo(const std::vector<cutting>& cuts, const std::vector<curve>& kept) {
    for (std::size_t j = cuts.size(); j-- > 0;) m_.curves()[cuts[j].account] = kept[j];
  }
  market& m_;
  double budget_;
  double tolerance_;
};

}  // namespace guanxi::plan::spread_detail
