#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/plan/roster.hpp>
#include <guanxi/plan/roster_dual.hpp>

namespace guanxi::plan {

namespace roster_detail {

/// Moves of accounts between options: repair, then chains of up to three moves along managers.
class mover {
 public:
  mover(const rows& w, std::span<const double> u, std::vector<std::uint32_t> chosen)
      : w_(w), r_(*w.r), u_(u.begin(), u.end()), at_(r_.accounts()), use_(w.size(), 0.0), loss_(r_.value.size()) {
    for (std::size_t i = 0; i < at_.size(); ++i) {
      at_[i] = r_.start[i] + chosen[i];
      double top = -std::numeric_limits<double>::infinity();
      for (std::uint64_t o = r_.start[i]; o < r_.start[i + 1]; ++o) top = std::max(top, loss_[o] = w_.net(o, u_.data()));
      for (std::uint64_t o = r_.start[i]; o < r_.start[i + 1]; ++o) loss_[o] = top - loss_[o];
    }
    account_.resize(r_.value.size());
    for (std::size_t i = 0; i < at_.size(); ++i)
      for (std::uint64_t o = r_.start[i]; o < r_.start[i + 1]; ++o) account_[o] = static_cast<std::uint32_t>(i);
    recount();
  }

  void recount() {
    std::vector<running_sum> sums(w_.size());
    for (const std::size_t o : at_) w_.each(o, [&](std::size_t d, double x) { sums[d].add(x); });
    for (std::size_t d = 0; d < sums.size(); ++d) use_[d] = sums[d].value();
  }

  [[nodiscard]] double excess() const {
    double out = 0.0;
    for (std::size_t d = 0; d < w_.size(); ++d) out += w_.miss(d, use_[d]) / w_.scale[d];
    return out;
  }
  [[nodiscard]] bool kept() const {
    for (std::size_t d = 0; d < w_.size(); ++d)
      if (w_.miss(d, use_[d]) > 0.0) return false;
    return true;
  }

  /// Takes the move with the least loss for what it mends, again and again; pairs when single moves stick.
  bool repair(std::size_t rounds) {
    for (std::size_t round = 0; round < rounds && !kept(); ++round) {
      const double now = excess();
      std::size_t best = none;
      double least = std::numeric_limits<double>::infinity();
      for (std::size_t o = 0; o < loss_.size(); ++o) {
        if (at_[account_[o]] == o) continue;
        const double mended = -change_of_excess(o);
        if (mended <= 1e-9 * now) continue;
        const double rate = (loss_[o] - loss_[at_[account_[o]]] + 1e-12) / mended;
        if (rate < least) least = rate, best = o;
      }
      if (best != none) {
        take(best);
        continue;
      }
      if (!pair_repair(now)) return false;
    }
    return kept();
  }

  /// Betters the value by chains of one to three moves in which each takes from where the one before came to.
  void improve(std::size_t width, std::size_t rounds) {
    std::vector<std::size_t> list = candidates(width);
    std::vector<std::vector<std::size_t>> from(r_.managers + 1);
    const auto bucket = [&] {
      for (auto& b : from) b.clear();
      for (const std::size_t o : list)
        if (at_[account_[o]] != o) from[manager_of(at_[account_[o]])].push_back(o);
    };
    for (std::size_t round = 0; round < rounds; ++round) {
      bucket();
      bool moved = false;
      for (const std::size_t a : list) {
        if (at_[account_[a]] == a) continue;
        const double first = worth(a);
        const std::size_t back_a = at_[account_[a]];
        take(a);
        if (kept_near(a, back_a) && first > tiny()) {
          moved = true;
          bucket();
          continue;
        }
        if (chain(a, back_a, first, from)) {
          moved = true;
          bucket();
          continue;
        }
        take(back_a);
      }
      if (!moved) break;
      recount();
    }
  }

  [[nodiscard]] double value() const {
    running_sum sum;
    for (const std::size_t o : at_) sum.add(r_.value[o]);
    return sum.value();
  }
  [[nodiscard]] const std::vector<std::size_t>& chosen() const noexcept { return at_; }
  [[nodiscard]] const std::vector<double>& use() const noexcept { return use_; }
  [[nodiscard]] double loss(std::size_t option) const { return loss_[option]; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  [[nodiscard]] std::size_t manager_of(std::size_t o) const {
    return r_.manager[o] == nobody ? r_.managers : r_.manager[o];
  }
  [[nodiscard]] double worth(std::size_t o) const { return r_.value[o] - r_.value[at_[account_[o]]]; }
  [[nodiscard]] double tiny() const { return 1e-9 * (1e-12 + std::abs(r_.value[at_[0]])); }
  void take(std::size_t o) {
    std::size_t& now = at_[account_[o]];
    w_.each(now, [&](std::size_t d, double x) { use_[d] -= x; });
    now = o;
    w_.each(now, [&](std::size_t d, double x) { use_[d] += x; });
  }
  /// Rows that a move from `back` to `o` touches are kept.
  [[nodiscard]] bool kept_near(std::size_t o, std::size_t back) const {
    bool good = true;
    const auto look = [&](std::size_t d, double) { good = good && w_.miss(d, use_[d]) == 0.0; };
    w_.each(o, look);
    w_.each(back, look);
    return good;
  }
  bool chain(std::size_t a, std::size_t back_a, double first, const std::vector<std::vector<std::size_t>>& from) {
    for (const std::size_t b : from[manager_of(a)]) {
      if (account_[b] == account_[a] || at_[account_[b]] == b) continue;
      const double second = first + worth(b);
      const std::size_t back_b = at_[account_[b]];
      take(b);
      if (second > tiny() && kept_near(a, back_a) && kept_near(b, back_b)) return true;
      // the row that b freed must be kept before a third move can help
      bool near = true;
      w_.each(back_b, [&](std::size_t d, double) { near = near && w_.miss(d, use_[d]) == 0.0; });
      if (near && manager_of(b) != manager_of(back_a)) {
        for (const std::size_t c : from[manager_of(b)]) {
          if (account_[c] == account_[a] || account_[c] == account_[b] || at_[account_[c]] == c) continue;
          if (second + worth(c) <= tiny()) continue;
          const std::size_t back_c = at_[account_[c]];
          take(c);
          if (kept_near(c, back_c) && kept_near(a, back_a) && kept_near(b, back_b)) return true;
          take(back_c);
        }
      }
      take(back_b);
    }
    return false;
  }
  [[nodiscard]] double change_of_excess(std::size_t o) const {
    double sum = 0.0;
    const std::size_t now = at_[account_[o]];
    const bool same = r_.manager[now] == r_.manager[o];
    const std::size_t shared = r_.managers * r_.loads;
    if (!same && r_.manager[now] != nobody)
      for (std::size_t q = 0; q < r_.loads; ++q) {
        const std::size_t d = r_.manager[now] * r_.loads + q;
        sum += (w_.miss(d, use_[d] - r_.load[now * r_.loads + q]) - w_.miss(d, use_[d])) / w_.scale[d];
      }
    if (r_.manager[o] != nobody)
      for (std::size_t q = 0; q < r_.loads; ++q) {
        const std::size_t d = r_.manager[o] * r_.loads + q;
        const double less = same ? r_.load[now * r_.loads + q] : 0.0;
        sum += (w_.miss(d, use_[d] - less + r_.load[o * r_.loads + q]) - w_.miss(d, use_[d])) / w_.scale[d];
      }
    for (std::size_t k = 0; k < r_.budgets; ++k) {
      const std::size_t d = shared + k;
      const double by = r_.cost[o * r_.budgets + k] - r_.cost[now * r_.budgets + k];
      sum += (w_.miss(d, use_[d] + by) - w_.miss(d, use_[d])) / w_.scale[d];
    }
    return sum;
  }
  bool pair_repair(double now) {
    const std::vector<std::size_t> list = candidates(500);
    for (const std::size_t a : list) {
      if (at_[account_[a]] == a) continue;
      const std::size_t back = at_[account_[a]];
      take(a);
      const double middle = excess();
      for (const std::size_t b : list) {
        if (account_[b] == account_[a] || at_[account_[b]] == b) continue;
        if (middle + change_of_excess(b) < now * (1 - 1e-6)) {
          take(b);
          return true;
        }
      }
      take(back);
    }
    return false;
  }
  /// The options of least loss, in this order, of accounts that have at least two of them.
  [[nodiscard]] std::vector<std::size_t> candidates(std::size_t most) const {
    std::vector<std::size_t> list;
    for (std::size_t o = 0; o < loss_.size(); ++o)
      if (loss_[o] > 0.0 || at_[account_[o]] != o) list.push_back(o);
    const auto less = [&](std::size_t a, std::size_t b) { return loss_[a] != loss_[b] ? loss_[a] < loss_[b] : a < b; };
    if (list.size() > most) {
      std::nth_element(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(most), list.end(), less);
      list.resize(most);
    }
    std::vector<char> in(loss_.size(), 0);
    for (const std::size_t o : list) in[o] = 1;
    for (std::size_t j = 0, count = list.size(); j < count; ++j) {  // and the way back to the best option
      const std::size_t i = account_[list[j]];
      for (std::uint64_t o = r_.start[i]; o < r_.start[i + 1]; ++o)
        if (loss_[o] == 0.0 && !in[o]) in[o] = 1, list.push_back(o);
    }
    std::sort(list.begin(), list.end(), less);
    return list;
  }

  const rows& w_;
  const roster& r_;
  std::vector<double> u_;
  std::vector<std::size_t> at_;
  std::vector<double> use_, loss_;
  std::vector<std::uint32_t> account_;
};

/// Searches what a better assignment could be: by the identity bound - value >= sum of losses, so only options whose losses
/// sum to less than the room count. Depth first; true when the search ended within `nodes`.
class prover {
 public:
  prover(const rows& w, const mover& hand, double bound) : w_(w), r_(*w.r), hand_(hand), bound_(bound), best_(hand.value()) {}

  bool run(std::uint64_t nodes) {
    left_ = nodes;
    const double room = bound_ - best_;
    std::vector<double> least(w_.size(), 0.0), most(w_.size(), 0.0);
    at_ = hand_.chosen();
    for (std::size_t i = 0; i < at_.size(); ++i) {
      std::vector<std::size_t> open;
      for (std::uint64_t o = r_.start[i]; o < r_.start[i + 1]; ++o)
        if (hand_.loss(o) < room) open.push_back(o);
      if (open.size() < 2) {
        at_[i] = open.empty() ? at_[i] : open[0];
        w_.each(at_[i], [&](std::size_t d, double x) { least[d] += x, most[d] += x; });
        if (open.empty()) return true;
        continue;
      }
      std::sort(open.begin(), open.end(), [&](std::size_t a, std::size_t b) {
        return hand_.loss(a) != hand_.loss(b) ? hand_.loss(a) < hand_.loss(b) : a < b;
      });
      free_.push_back({i, std::move(open)});
    }
    if (free_.size() > 60) return false;
    std::stable_sort(free_.begin(), free_.end(), [&](const branch& a, const branch& b) { return hand_.loss(a.open[1]) > hand_.loss(b.open[1]); });
    // what the accounts still open can add to each row, at least and at most
    low_.assign(free_.size() + 1, std::vector<double>(w_.size(), 0.0));
    high_ = low_;
    for (std::size_t f = free_.size(); f-- > 0;) {
      low_[f] = low_[f + 1];
      high_[f] = high_[f + 1];
      std::vector<double> few(w_.size(), std::numeric_limits<double>::infinity()), many(w_.size(), 0.0), own(w_.size());
      for (const std::size_t o : free_[f].open) {
        std::fill(own.begin(), own.end(), 0.0);
        w_.each(o, [&](std::size_t d, double x) { own[d] = x; });
        for (std::size_t d = 0; d < own.size(); ++d) few[d] = std::min(few[d], own[d]), many[d] = std::max(many[d], own[d]);
      }
      for (std::size_t d = 0; d < few.size(); ++d) low_[f][d] += few[d], high_[f][d] += many[d];
    }
    use_ = std::move(least);
    step(0, 0.0);
    return left_ > 0;
  }
  [[nodiscard]] double value() const noexcept { return best_; }
  [[nodiscard]] const std::vector<std::size_t>& chosen() const noexcept { return found_; }

 private:
  struct branch {
    std::size_t account;
    std::vector<std::size_t> open;
  };
  void step(std::size_t f, double loss) {
    if (left_ == 0 || bound_ - loss <= best_ + 1e-12 * std::abs(bound_)) return;
    --left_;
    for (std::size_t d = 0; d < w_.size(); ++d)
      if (w_.miss(d, use_[d] + low_[f][d]) > 0.0 && use_[d] + low_[f][d] > w_.high[d]) return;
    for (std::size_t d = 0; d < w_.size(); ++d)
      if (w_.miss(d, use_[d] + high_[f][d]) > 0.0 && use_[d] + high_[f][d] < w_.low[d]) return;
    if (f == free_.size()) {
      running_sum sum;
      for (const std::size_t o : at_) sum.add(r_.value[o]);
      if (sum.value() > best_) best_ = sum.value(), found_ = at_;
      return;
    }
    for (const std::size_t o : free_[f].open) {
      w_.each(o, [&](std::size_t d, double x) { use_[d] += x; });
      at_[free_[f].account] = o;
      step(f + 1, loss + hand_.loss(o));
      w_.each(o, [&](std::size_t d, double x) { use_[d] -= x; });
    }
  }

  const rows& w_;
  const roster& r_;
  const mover& hand_;
  double bound_, best_;
  std::uint64_t left_ = 0;
  std::vector<std::size_t> at_, found_;
  std::vector<branch> free_;
  std::vector<std::vector<double>> low_, high_;
  std::vector<double> use_;
};

/// Names the managers whose capacity cannot hold what only they may take, or whose floor nobody can fill.
inline void name_shortage(const rows& w, std::span<const double> u, assignment& out) {
  const roster& r = *w.r;
  double top = 0.0;
  std::vector<double> by(r.managers, 0.0);
  for (std::size_t m = 0; m < r.managers; ++m) {
    by[m] = u[m * r.loads] * w.scale[m * r.loads];
    top = std::max(top, by[m]);
  }
  for (const double part : {0.5, 0.1, 0.01}) {
    std::vector<char> in(r.managers, 0);
    std::vector<std::uint32_t> names;
    for (std::size_t m = 0; m < r.managers; ++m)
      if (top > 0.0 && by[m] > part * top) in[m] = 1, names.push_back(static_cast<std::uint32_t>(m));
    running_sum need, have;
    for (std::size_t i = 0; i < r.accounts(); ++i) {
      double least = std::numeric_limits<double>::infinity();
      for (std::uint64_t o = r.start[i]; o < r.start[i + 1]; ++o)
        least = std::min(least, r.manager[o] != nobody && in[r.manager[o]] ? r.load[o * r.loads] : 0.0);
      need.add(least);
    }
    for (const std::uint32_t m : names) have.add(w.high[m * r.loads]);
    if (need.value() > have.value()) {
      out.short_of = std::move(names);
      out.need = need.value();
      out.have = have.value();
      return;
    }
  }
}

}  // namespace roster_detail

/// One option (manager, and level where levels are given) for every account: loads of managers between floor and capacity,
/// budgets kept, the sum of values as large as possible.
///
/// Takes   r: the options; lim: floors, capacities, budgets; set: threads, width of the local search, prices to start at.
/// Gives   the assignment, signed prices (positive: worth of one more hour of this manager; negative: what its floor
///         costs), and a bound that no assignment can exceed. Levels and managers are chosen in one Lagrangian: one bound.
///         Where none exists the status is "infeasible: ...", with the managers and hours of the proof.
/// Fails   errc::size_mismatch, not_finite, out_of_domain, unknown_name; errc::infeasible for an account without option.
/// Costs   about 40 passes over the options and a local search over the `effort` options of least loss. Same bits for any
///         number of threads: starts differ by streams of random numbers that are named by their number.
/// Source  generalised assignment by Lagrangian relaxation of the capacities: Fisher, Jaikumar and Van Wassenhove (1986),
///         Management Science 32, 1095-1103; with floors the price is signed.
[[nodiscard]] inline assignment assign(const roster& r, const roster_limits& lim, const assign_settings& set = {}) {
  using namespace roster_detail;
  check(r, lim);
  const std::size_t n = r.accounts(), shared = r.managers * r.loads, dims = shared + r.budgets;
  rows w;
  w.r = &r;
  w.low.assign(dims, 0.0);
  w.high.assign(dims, 0.0);
  for (std::size_t d = 0; d < shared; ++d) {
    w.low[d] = lim.floor.empty() ? 0.0 : lim.floor[d];
    w.high[d] = lim.capacity[d];
  }
  for (std::size_t k = 0; k < r.budgets; ++k) w.high[shared + k] = lim.budget[k];
  w.scale.assign(dims, 1.0);
  for (std::size_t d = 0; d < dims; ++d)
    w.scale[d] = std::max(w.high[d] < 1e300 ? w.high[d] : w.low[d], 1e-12);
  assignment out;
  out.prices.assign(shared, 0.0);
  out.budget_prices.assign(r.budgets, 0.0);
  out.loads.assign(shared, 0.0);
  out.used.assign(r.budgets, 0.0);
  const auto fail = [&](const std::string& words) {
    out.feasible = false;
    out.status = "infeasible: " + words;
    out.value = out.bound = out.gap = unknown;
    return out;
  };
  // rows that cannot be kept whatever the others do
  std::vector<double> most(dims, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> top(dims, 0.0);
    for (std::uint64_t o = r.start[i]; o < r.start[i + 1]; ++o)
      w.each(o, [&](std::size_t d, double x) { top[d] = std::max(top[d], x); });
    for (std::size_t d = 0; d < dims; ++d) most[d] += top[d];
  }
  for (std::size_t d = 0; d < dims; ++d)
    if (most[d] < w.low[d] * (1 - 1e-12) || w.low[d] > w.high[d]) {
      const bool over = w.low[d] > w.high[d];
      out.short_of = {static_cast<std::uint32_t>(d / std::max<std::size_t>(1, r.loads))};
      out.need = w.low[d];
      out.have = over ? w.high[d] : most[d];
      return fail(over ? "the floor is above the capacity" : "the floor is more than all its accounts can fill");
    }
  running_sum least;
  double scale = 0.0;
  for (std::size_t i = 0; i < n; ++i) {
    double low = std::numeric_limits<double>::infinity(), size = 0.0;
    for (std::uint64_t o = r.start[i]; o < r.start[i + 1]; ++o) {
      low = std::min(low, r.value[o]);
      size = std::max(size, std::abs(r.value[o]));
    }
    least.add(low);
    scale += size / static_cast<double>(n);
  }
  scale = std::max(scale, 1e-300);
  const double hopeless = least.value() - 1e-9 * (std::abs(least.value()) + scale);
  const prices best = solve(w, set.start, scale, hopeless, set.threads, out.passes);
  for (std::size_t d = 0; d < shared; ++d) out.prices[d] = best.u[d];
  for (std::size_t k = 0; k < r.budgets; ++k) out.budget_prices[k] = best.u[shared + k];
  if (best.bound < hopeless) {
    name_shortage(w, best.u, out);
    return fail(out.short_of.empty() ? "capacities, floors and budgets cannot be kept together"
                                     : "capacity is short");
  }
  out.bound = best.bound;
  // Several starts, each from prices a little off: roundings differ, and so do the assignments that moves end in.
  const std::size_t starts = r.value.size() > 50'000 ? 1 : std::max<std::size_t>(1, set.starts);  // large books have slack enough
  const std::size_t all = starts > 1 ? 3 * starts : starts;
  std::vector<std::vector<std::uint32_t>> ends(all);
  std::vector<double> worth(all, -std::numeric_limits<double>::infinity());
  const auto search = [&](std::size_t begin, std::size_t end) {
    parallel_blocks(
        n > 0 ? end - begin : 0, 1,
        [&](std::size_t first, std::size_t last, std::size_t) {
          for (std::size_t s = begin + first; s < begin + last; ++s) {
            std::vector<double> u(best.u);
            random_stream random(0, s);
            if (s > 0)
              for (double& price : u) price *= 1.0 + 0.02 * random.normal();
            std::vector<std::uint32_t> chosen(n, 0);
            for (std::size_t i = 0; i < n; ++i) {
              double top = -std::numeric_limits<double>::infinity();
              for (std::uint64_t o = r.start[i]; o < r.start[i + 1]; ++o)
                if (const double net = w.net(o, u.data()); net > top)
                  top = net, chosen[i] = static_cast<std::uint32_t>(o - r.start[i]);
            }
            mover one(w, best.u, chosen);
            if (!one.repair(4 * n + 200)) continue;
            one.improve(s % 2 == 0 ? set.effort : set.effort / 2, 40);
            worth[s] = one.value();
            for (std::size_t i = 0; i < n; ++i) chosen[i] = static_cast<std::uint32_t>(one.chosen()[i] - r.start[i]);
            ends[s] = std::move(chosen);
          }
        },
        set.threads);
  };
  for (std::size_t done = 0; done < all; done += starts) {
    search(done, done + starts);
    if (out.bound - *std::max_element(worth.begin(), worth.end()) <= set.enough * std::abs(out.bound)) break;
  }
  const auto pick = static_cast<std::size_t>(std::max_element(worth.begin(), worth.end()) - worth.begin());
  if (n > 0 && ends[pick].empty()) return fail("no assignment was found that keeps all rows, though none is proven missing");
  mover hand(w, best.u, n > 0 ? std::move(ends[pick]) : std::vector<std::uint32_t>{});
  std::vector<std::size_t> taken = hand.chosen();
  out.value = hand.value();
  if (n > 0 && out.bound > out.value) {
    prover tree(w, hand, out.bound);
    const bool proven = tree.run(set.nodes);
    if (!tree.chosen().empty()) taken = tree.chosen();
    out.value = tree.value();
    if (proven) out.bound = out.value;
  }
  out.option.resize(n);
  out.manager.resize(n);
  out.loss.resize(n);
  out.net.resize(n);
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t o = taken[i];
    out.option[i] = static_cast<std::uint32_t>(o - r.start[i]);
    out.manager[i] = r.manager[o];
    out.loss[i] = hand.loss(o);
    out.net[i] = w.net(o, best.u.data());
  }
  std::vector<running_sum> use(dims);
  for (const std::size_t o : taken) w.each(o, [&](std::size_t d, double x) { use[d].add(x); });
  for (std::size_t d = 0; d < shared; ++d) out.loads[d] = use[d].value();
  for (std::size_t k = 0; k < r.budgets; ++k) out.used[k] = use[shared + k].value();
  out.bound = std::max(out.bound, out.value);
  out.gap = out.bound == out.value ? 0.0 : (out.bound - out.value) / std::abs(out.bound);
  char digits[32];
  std::snprintf(digits, sizeof digits, "within %.1e", out.gap);
  out.status = out.gap <= 1e-12 ? "optimal" : digits;
  return out;
}

}  // namespace guanxi::plan
