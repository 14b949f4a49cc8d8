#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <queue>
#include <span>
#include <utility>
#include <vector>

#include <guanxi/plan/cuts.hpp>
#include <guanxi/plan/dual.hpp>
#include <guanxi/plan/problem.hpp>
#include <guanxi/plan/repair.hpp>

namespace guanxi::plan::detail {

/// Keeps the levels that a plan better than `room` below the bound could use: reduced loss <= room.
inline problem core_of(const problem& p, std::span<const double> l, double room) {
  problem out;
  out.k = p.k;
  out.classes = p.classes;
  out.rows = p.rows;
  out.threads = 1;
  out.own = std::make_unique<problem::storage>();
  auto& own = *out.own;
  std::vector<double> e;
  class_prices(p, l, e);
  running_sum value;
  value.add(p.base_value);
  std::vector<running_sum> use(p.classes * p.k);
  for (std::size_t j = 0; j < p.base_use.size(); ++j) use[j].add(p.base_use[j]);
  own.start.push_back(0);
  std::vector<double> net;
  for (std::size_t i = 0; i < p.n; ++i) {
    const double* price = e.data() + p.class_of(i) * p.k;
    const std::uint64_t from = p.start[i];
    const std::size_t count = p.start[i + 1] - from;
    net.resize(count);
    for (std::size_t j = 0; j < count; ++j) {
      net[j] = p.value[from + j];
      for (std::size_t b = 0; b < p.k; ++b) net[j] -= price[b] * p.cost[(from + j) * p.k + b];
    }
    const auto best = static_cast<std::size_t>(std::max_element(net.begin(), net.end()) - net.begin());
    std::size_t open = 0;
    for (std::size_t j = 0; j < count; ++j) open += net[best] - net[j] <= room;
    if (open == 1) {
      value.add(p.value[from + best]);
      for (std::size_t b = 0; b < p.k; ++b) use[p.class_of(i) * p.k + b].add(p.cost[(from + best) * p.k + b]);
      continue;
    }
    for (std::size_t j = 0; j < count; ++j) {
      if (net[best] - net[j] > room) continue;
      own.value.push_back(p.value[from + j]);
      for (std::size_t b = 0; b < p.k; ++b) own.cost.push_back(p.cost[(from + j) * p.k + b]);
      own.source.push_back(from + j);
    }
    own.start.push_back(own.value.size());
    own.account.push_back(static_cast<std::uint32_t>(i));
    if (p.classes > 1) own.of_class.push_back(p.of_class[i]);
  }
  out.base_value = value.value();
  out.base_use.resize(use.size());
  for (std::size_t j = 0; j < use.size(); ++j) out.base_use[j] = use[j].value();
  out.adopt();
  return out;
}

/// Branch and bound over the levels of a core, every node bounded by its own prices.
///
/// Deterministic; limited in nodes. A node splits the levels of one account in two; its bound is the least L over
/// prices met by cutting planes; levels whose reduced loss exceeds the room are closed on the way.
class core_search {
 public:
  /// `lower`: value of the best plan known, or a number that every plan exceeds when none is known.
  core_search(const problem& p, std::span<const double> l, double lower, double size)
      : p_(p), start_(l.begin(), l.end()), lower_(lower), tolerance_(1e-12 * size) {}

  /// Searches until nothing better can be left or `nodes` are used in all; true when proven. A second call goes on.
  bool run(std::uint64_t nodes) {
    if (used_ == 0) {
      node root;
      root.bound = std::numeric_limits<double>::infinity();
      root.open.assign(p_.value.size(), 1);
      root.l = start_;
      heap_.push_back(std::move(root));
    }
    double left = -std::numeric_limits<double>::infinity();
    while (!heap_.empty() && used_ < nodes) {
      std::pop_heap(heap_.begin(), heap_.end(), worse);
      node now = std::move(heap_.back());
      heap_.pop_back();
      bool alive = now.bound > lower_ + tolerance_;
      while (alive && used_ < nodes) {  // dive: follow one child at once, keep the other
        node other;
        ++used_;
        alive = step(now, other);
        if (!alive) break;
        heap_.push_back(std::move(other));
        std::push_heap(heap_.begin(), heap_.end(), worse);
      }
      if (!alive) continue;
      heap_.push_back(std::move(now));
      std::push_heap(heap_.begin(), heap_.end(), worse);
    }
    for (const node& one : heap_) left = std::max(left, one.bound);
    const bool proven = left <= lower_ + tolerance_;
    upper_ = proven ? lower_ : left;
    return proven;
  }

  [[nodiscard]] bool better() const noexcept { return found_; }
  [[nodiscard]] const std::vector<std::uint32_t>& choice() const noexcept {
    return best_;
  }  // open level a core account
  [[nodiscard]] double lower() const noexcept { return lower_; }
  [[nodiscard]] double upper() const noexcept { return upper_; }
  [[nodiscard]] std::uint64_t nodes() const noexcept { return used_; }

 private:
  struct node {
    double bound = 0.0;
    std::vector<char> open;  // by row
    std::vector<double> l;
  };
  struct plane {
    cut c;
    std::vector<std::uint32_t> row;  // the plan behind it
  };
  static bool worse(const node& a, const node& b) { return a.bound < b.bound; }

  /// Exact bound over the open rows, with the plan and its use by row.
  double bound(const node& at, std::span<const double> l, std::vector<std::uint32_t>& row) {
    class_prices(p_, l, e_);
    use_.assign(p_.classes * p_.k, 0.0);
    for (std::size_t j = 0; j < p_.base_use.size(); ++j) use_[j] = p_.base_use[j];
    row.resize(p_.n);
    double sum = p_.base_value;
    for (std::size_t i = 0; i < p_.n; ++i) {
      const std::size_t c = p_.class_of(i) * p_.k;
      double best = -std::numeric_limits<double>::infinity();
      std::uint64_t taken = p_.start[i];
      for (std::uint64_t r = p_.start[i]; r < p_.start[i + 1]; ++r) {
        if (!at.open[r]) continue;
        double net = p_.value[r];
        for (std::size_t b = 0; b < p_.k; ++b) net -= e_[c + b] * p_.cost[r * p_.k + b];
        if (net > best) best = net, taken = r;
      }
      row[i] = static_cast<std::uint32_t>(taken);
      sum += p_.value[taken];
      for (std::size_t b = 0; b < p_.k; ++b) use_[c + b] += p_.cost[taken * p_.k + b];
    }
    // L = V(x) + l'(sign (amount - use)): one rounding of the plan, not of the sum of maxima
    for (std::size_t d = 0; d < p_.rows.size(); ++d)
      sum += l[d] * p_.rows[d].sign * (p_.rows[d].amount - row_use(p_, p_.rows[d], use_));
    return sum;
  }

  /// Bounds a node, tries to better the plan, closes levels, and splits it: `now` becomes the first child.
  bool step(node& now, node& other) {
    const std::size_t dims = p_.rows.size();
    std::vector<cut> cuts;
    std::vector<const plane*> behind;
    std::vector<plane> fresh;
    fresh.reserve(80);
    for (const plane& one : pool_) {
      bool valid = true;
      for (std::size_t i = 0; i < p_.n && valid; ++i) valid = now.open[one.row[i]];
      if (!valid) continue;
      cuts.push_back(one.c);
      behind.push_back(&one);
    }
    std::vector<double> l = now.l, best_l = now.l, low(dims), high(dims), radius(dims);
    double best = std::numeric_limits<double>::infinity();
    double size = 0.0;
    for (std::size_t d = 0; d < dims; ++d) size += l[d] * p_.rows[d].scale / static_cast<double>(dims);
    if (size <= 0.0) size = 1e-3 * std::abs(lower_) + 1e-12;
    for (std::size_t d = 0; d < dims; ++d) radius[d] = 0.05 * std::max(l[d] * p_.rows[d].scale, 0.1 * size);
    lowest master;
    std::size_t round = 0;
    for (; round < 30 + 10 * dims; ++round) {
      plane one;
      const double exact = bound(now, l, one.row);
      if (exact < best) {
        best = exact;
        best_l = l;
      }
      if (best <= lower_ + tolerance_) break;
      one.c.slope.resize(dims);
      one.c.offset = exact;
      bool fits = true;
      for (std::size_t d = 0; d < dims; ++d) {
        const double used = row_use(p_, p_.rows[d], use_);
        fits = fits && broken(p_.rows[d], used) == 0.0;
        one.c.slope[d] = p_.rows[d].sign * (p_.rows[d].amount - used) / p_.rows[d].scale;
        one.c.offset -= one.c.slope[d] * l[d] * p_.rows[d].scale;
      }
      if (fits) offer(one.row);
      cuts.push_back(one.c);
      fresh.push_back(std::move(one));
      behind.push_back(nullptr);
      for (std::size_t d = 0; d < dims; ++d) {
        const double y = best_l[d] * p_.rows[d].scale;
        low[d] = std::max(0.0, y - radius[d]);
        high[d] = y + radius[d];
      }
      master = lowest_point(cuts, low, high);
      const double left = best - std::max(master.height, lower_);
      const bool flat = left <= 1e-3 * (best - lower_) + tolerance_ || best - master.height <= tolerance_;
      if (flat && master.inside) break;
      bool grew = false;
      if (!master.inside)
        for (std::size_t d = 0; d < dims; ++d)
          if (master.y[d] >= high[d] * (1 - 1e-9) || (low[d] > 0.0 && master.y[d] <= low[d] * (1 + 1e-9))) {
            radius[d] *= 4.0;
            grew = true;
          }
      if (flat && !grew) break;
      for (std::size_t d = 0; d < dims; ++d) l[d] = master.y[d] / p_.rows[d].scale;
    }
    now.bound = std::min(now.bound, best);
    now.l = best_l;
    if (now.bound <= lower_ + tolerance_) {
      keep(fresh);
      return false;
    }
    if (used_ < 5'000 || used_ % 4 == 0) improve(now, best_l);  // deep in the tree most nodes are near ones already mended
    // shares of the levels in the mix of plans that holds the bound
    std::vector<double> share(p_.value.size(), 0.0);
    std::size_t next = 0;
    for (std::size_t c = 0; c < cuts.size(); ++c) {
      const plane* one = behind[c] != nullptr ? behind[c] : &fresh[next++];
      if (c >= master.weight.size() || master.weight[c] <= 0.0) continue;
      for (std::size_t i = 0; i < p_.n; ++i) share[one->row[i]] += master.weight[c];
    }
    keep(fresh);
    if (now.bound <= lower_ + tolerance_) {
      return false;
    }
    // close levels, find the account to split
    class_prices(p_, best_l, e_);
    const double room = now.bound - lower_;
    std::size_t pick = p_.n;
    double top = 0.0;
    std::vector<double> net;
    for (std::size_t i = 0; i < p_.n; ++i) {
      const std::size_t c = p_.class_of(i) * p_.k;
      const std::uint64_t from = p_.start[i];
      const std::size_t count = p_.start[i + 1] - from;
      net.assign(count, -std::numeric_limits<double>::infinity());
      double best_net = -std::numeric_limits<double>::infinity();
      for (std::size_t j = 0; j < count; ++j) {
        if (!now.open[from + j]) continue;
        net[j] = p_.value[from + j];
        for (std::size_t b = 0; b < p_.k; ++b) net[j] -= e_[c + b] * p_.cost[(from + j) * p_.k + b];
        best_net = std::max(best_net, net[j]);
      }
      double second = std::numeric_limits<double>::infinity();
      double mean = 0.0, weight = 0.0;
      std::size_t left = 0;
      for (std::size_t j = 0; j < count; ++j) {
        if (!now.open[from + j]) continue;
        const double loss = best_net - net[j];
        if (loss > room * (1 + 1e-9) + tolerance_) {
          now.open[from + j] = 0;
          continue;
        }
        ++left;
        if (loss > 0.0) second = std::min(second, loss);
        mean += share[from + j] * (p_.value[from + j] - net[j]);
        weight += share[from + j];
      }
      if (left < 2) continue;
      if (second == std::numeric_limits<double>::infinity()) second = 0.0;
      double score = 0.0;
      if (weight > 0.0)
        for (std::size_t j = 0; j < count; ++j)
          if (now.open[from + j]) score += share[from + j] * std::abs(p_.value[from + j] - net[j] - mean / weight);
      // a mixed account first; among pure ones that with the nearest rival
      score = score + 1e-9 * room / (1.0 + second / std::max(room, 1e-300));
      if (score > top) {
        top = score;
        pick = i;
      }
    }
    if (pick == p_.n) {  // one plan is left: it does not keep the rows, else it would have been offered
      std::vector<std::uint32_t> row;
      const double last = bound(now, now.l, row);
      std::vector<double> use(use_);
      bool fits = true;
      for (std::size_t d = 0; d < dims; ++d) fits = fits && broken(p_.rows[d], row_use(p_, p_.rows[d], use)) == 0.0;
      if (fits) offer(row);
      (void)last;
      return false;
    }
    // split at the middle of the mix
    const std::uint64_t from = p_.start[pick];
    const std::size_t count = p_.start[pick + 1] - from;
    double sum = 0.0, total = 0.0;
    std::size_t last_open = 0, first_open = count;
    for (std::size_t j = 0; j < count; ++j)
      if (now.open[from + j]) {
        total += share[from + j];
        last_open = j;
        if (first_open == count) first_open = j;
      }
    std::size_t at = first_open;
    double off = std::numeric_limits<double>::infinity();
    double below = 0.0;
    for (std::size_t j = first_open; j < last_open; ++j) {
      if (!now.open[from + j]) continue;
      sum += share[from + j];
      if (std::abs(sum - 0.5 * total) < off) {
        off = std::abs(sum - 0.5 * total);
        at = j;
        below = sum;
      }
    }
    other = now;
    const bool low_first = below >= 0.5 * total;
    for (std::size_t j = 0; j < count; ++j) {
      if (j <= at)
        (low_first ? other : now).open[from + j] = 0;
      else
        (low_first ? now : other).open[from + j] = 0;
    }
    return true;
  }

  void offer(const std::vector<std::uint32_t>& row) {
    double value = p_.base_value;
    for (std::size_t i = 0; i < p_.n; ++i) value += p_.value[row[i]];
    if (value <= lower_) return;
    lower_ = value;
    found_ = true;
    best_.resize(p_.n);
    for (std::size_t i = 0; i < p_.n; ++i) best_[i] = static_cast<std::uint32_t>(row[i] - p_.start[i]);
  }

  /// Repair and fill from the best levels of a node.
  void improve(const node& now, std::span<const double> l) {
    std::vector<std::uint32_t> row;
    bound(now, l, row);
    draft x;
    x.choice.resize(p_.n);
    for (std::size_t i = 0; i < p_.n; ++i) x.choice[i] = static_cast<std::uint32_t>(row[i] - p_.start[i]);
    recount(p_, x);
    std::vector<option> options;
    class_prices(p_, l, e_);
    for (std::size_t i = 0; i < p_.n; ++i) {
      const std::size_t c = p_.class_of(i) * p_.k;
      const auto net = [&](std::uint64_t r) {
        double out = p_.value[r];
        for (std::size_t b = 0; b < p_.k; ++b) out -= e_[c + b] * p_.cost[r * p_.k + b];
        return out;
      };
      const double best = net(row[i]);
      for (std::uint64_t r = p_.start[i]; r < p_.start[i + 1]; ++r)
        if (now.open[r] && r != row[i])
          options.push_back(
              {best - net(r), static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(r - p_.start[i])});
    }
    std::sort(options.begin(), options.end(), [](const option& a, const option& b) {
      return a.loss != b.loss ? a.loss < b.loss : a.account != b.account ? a.account < b.account : a.level < b.level;
    });
    mender hand(p_, l, x, std::move(options));
    if (!hand.repair()) return;
    hand.fill();
    hand.pairs(used_ < 30 || used_ % 16 == 0 ? 128 : 48, 8);
    if (!kept(p_, x)) return;
    for (std::size_t i = 0; i < p_.n; ++i) row[i] = static_cast<std::uint32_t>(p_.start[i] + x.choice[i]);
    offer(row);
  }

  void keep(std::vector<plane>& fresh) {
    for (plane& one : fresh) pool_.push_back(std::move(one));
    if (pool_.size() > 150) pool_.erase(pool_.begin(), pool_.end() - 150);
  }

  const problem& p_;
  std::vector<double> start_;
  double lower_;
  double tolerance_;
  double upper_ = std::numeric_limits<double>::infinity();
  bool found_ = false;
  std::uint64_t used_ = 0;
  std::vector<node> heap_;
  std::vector<plane> pool_;
  std::vector<std::uint32_t> best_;
  std::vector<double> e_, use_;
};

}  // namespace guanxi::plan::detail
