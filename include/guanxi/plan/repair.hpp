#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <guanxi/plan/problem.hpp>

namespace guanxi::plan::detail {

/// A plan under way: one open level an account, what the rows use, what it is worth.
struct draft {
  std::vector<std::uint32_t> choice;  // n
  std::vector<double> use;            // D, by row
  double value = 0.0;
};

/// Sums a choice freshly, in blocks, so that value and use carry no drift. Same bits for any number of threads.
inline void recount(const problem& p, draft& x) {
  const std::size_t width = p.classes * p.k + 1;
  const std::size_t blocks = (p.n + account_block - 1) / account_block;
  std::vector<double> parts(blocks * width, 0.0);
  parallel_blocks(
      p.n, account_block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        double* part = parts.data() + number * width;
        for (std::size_t i = begin; i < end; ++i) {
          const std::uint64_t row = p.start[i] + x.choice[i];
          part[0] += p.value[row];
          for (std::size_t b = 0; b < p.k; ++b) part[1 + p.class_of(i) * p.k + b] += p.cost[row * p.k + b];
        }
      },
      p.threads);
  std::vector<double> use(p.classes * p.k);
  for (std::size_t j = 0; j < width; ++j) {
    running_sum sum;
    if (j == 0) sum.add(p.base_value);
    if (j > 0 && !p.base_use.empty()) sum.add(p.base_use[j - 1]);
    for (std::size_t b = 0; b < blocks; ++b) sum.add(parts[b * width + j]);
    (j == 0 ? x.value : use[j - 1]) = sum.value();
  }
  x.use.resize(p.rows.size());
  for (std::size_t d = 0; d < p.rows.size(); ++d) x.use[d] = row_use(p, p.rows[d], use);
}

[[nodiscard]] inline bool kept(const problem& p, const draft& x) {
  for (std::size_t d = 0; d < p.rows.size(); ++d)
    if (broken(p.rows[d], x.use[d]) > 0.0) return false;
  return true;
}

/// A level that an account could take instead, and what that gives up at the prices.
struct option {
  double loss = 0.0;
  std::uint32_t account = 0;
  std::uint32_t level = 0;
};

/// Rows in which an account counts.
class membership {
 public:
  explicit membership(const problem& p) : rows_(p.classes) {
    for (std::size_t d = 0; d < p.rows.size(); ++d) {
      if (p.rows[d].classes.empty())
        for (auto& list : rows_) list.push_back(d);
      else
        for (const std::uint32_t c : p.rows[d].classes) rows_[c].push_back(d);
    }
  }
  [[nodiscard]] const std::vector<std::size_t>& of(std::size_t c) const noexcept { return rows_[c]; }

 private:
  std::vector<std::vector<std::size_t>> rows_;
};

/// The levels not taken that have the least reduced loss at prices l, at most `most`, sorted by loss, then account,
/// then level. Costs O(rows) and O(most log most).
inline std::vector<option> least_losses(const problem& p, std::span<const double> l,
                                        std::span<const std::uint32_t> taken, std::size_t most) {
  std::vector<double> e;
  class_prices(p, l, e);
  const std::size_t blocks = (p.n + account_block - 1) / account_block;
  const auto collect = [&](std::size_t begin, std::size_t end, double limit, std::vector<option>& out) {
    std::vector<double> r;
    for (std::size_t i = begin; i < end; ++i) {
      const double* price = e.data() + p.class_of(i) * p.k;
      const std::uint64_t from = p.start[i];
      const std::size_t count = p.start[i + 1] - from;
      if (count < 2) continue;
      r.resize(count);
      double best = -std::numeric_limits<double>::infinity();
      for (std::size_t j = 0; j < count; ++j) {
        double net = p.value[from + j];
        for (std::size_t b = 0; b < p.k; ++b) net -= price[b] * p.cost[(from + j) * p.k + b];
        r[j] = net;
        best = std::max(best, net);
      }
      for (std::size_t j = 0; j < count; ++j)
        if (j != taken[i] && best - r[j] <= limit)
          out.push_back({best - r[j], static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j)});
    }
  };
  const auto less = [](const option& a, const option& b) {
    return a.loss != b.loss ? a.loss < b.loss : a.account != b.account ? a.account < b.account : a.level < b.level;
  };
  double limit = std::numeric_limits<double>::infinity();
  const std::size_t rows = p.start.empty() ? 0 : p.start[p.n];
  if (rows > 2 * most && blocks > 4) {  // a threshold from every 16th block's worth of accounts
    std::vector<option> some;
    const std::size_t every = 64;
    std::vector<option> one;
    for (std::size_t i = every / 2; i < p.n; i += every) collect(i, i + 1, limit, some);
    const std::size_t rank = (2 * most) / every + 64;
    if (rank < some.size()) {
      std::nth_element(some.begin(), some.begin() + static_cast<std::ptrdiff_t>(rank), some.end(), less);
      limit = some[rank].loss;
    }
  }
  std::vector<std::vector<option>> parts(blocks);
  parallel_blocks(
      p.n, account_block,
      [&](std::size_t begin, std::size_t end, std::size_t number) { collect(begin, end, limit, parts[number]); },
      p.threads);
  std::vector<option> all;
  for (const auto& part : parts) all.insert(all.end(), part.begin(), part.end());
  if (all.size() > most) {
    std::nth_element(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most), all.end(), less);
    all.resize(most);
  }
  std::sort(all.begin(), all.end(), less);
  return all;
}

/// Moves of single accounts and of pairs that make a draft keep its rows and raise its value.
class mender {
 public:
  mender(const problem& p, std::span<const double> l, draft& x, std::vector<option> options)
      : p_(p), member_(p), x_(x), options_(std::move(options)), price_(p.rows.size()) {
    double mean = 0.0;
    const auto dims = static_cast<double>(std::max<std::size_t>(1, p.rows.size()));
    for (std::size_t d = 0; d < p.rows.size(); ++d) mean += l[d] * p.rows[d].scale / dims;
    for (std::size_t d = 0; d < p.rows.size(); ++d)
      price_[d] = std::max(l[d], (0.05 * mean + 1e-300) / p.rows[d].scale);
  }

  /// Takes the move that brings the plan nearest to its rows for what it gives up, again and again. False when stuck.
  bool repair() {
    for (std::size_t round = 0; round < 1000 && !kept(p_, x_); ++round) {
      const std::size_t window = std::min<std::size_t>(options_.size(), round < 40 ? 2000 : 200);
      if (!best_repair(0, window) && !any_repair() && !pair_repair()) return false;
    }
    return kept(p_, x_);
  }

  /// Takes every move that fits and gains, least loss first.
  void fill() {
    for (std::size_t sweep = 0; sweep < 3; ++sweep) {
      bool moved = false;
      for (option& o : options_) {
        const double gain = worth(o);
        if (gain > 0.0 && fits(o)) {
          take(o);
          moved = true;
        }
      }
      if (!moved) break;
    }
  }

  /// Takes the best pair of moves that together fit and gain, until there is none among the first `window` options.
  void pairs(std::size_t window, std::size_t rounds) {
    const std::size_t count = std::min(window, options_.size());
    const std::size_t dims = p_.rows.size();
    std::vector<double> delta(count * dims), gain(count), room(dims);
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t d = 0; d < dims; ++d) room[d] = slack(d);
      for (std::size_t a = 0; a < count; ++a) {
        gain[a] = worth(options_[a]);
        std::fill_n(delta.begin() + static_cast<std::ptrdiff_t>(a * dims), dims, 0.0);
        change(options_[a], [&](std::size_t d, double by) { delta[a * dims + d] = p_.rows[d].sign * by; });
      }
      double best = 1e-12 * std::abs(x_.value);
      std::size_t first = count, second = count;
      for (std::size_t a = 0; a < count; ++a)
        for (std::size_t b = 0; b < a; ++b) {
          if (gain[a] + gain[b] <= best || options_[a].account == options_[b].account) continue;
          bool fit = true;
          for (std::size_t d = 0; d < dims && fit; ++d) fit = delta[a * dims + d] + delta[b * dims + d] <= room[d];
          if (fit) {
            best = gain[a] + gain[b];
            first = a;
            second = b;
          }
        }
      if (first == count) return;
      take(options_[first]);
      take(options_[second]);
      fill();
    }
  }

 private:
  [[nodiscard]] double slack(std::size_t d) const {
    const row& r = p_.rows[d];
    return r.sign * (r.amount - x_.use[d]) + (broken(r, x_.use[d]) > 0.0 ? 0.0 : 1e-12 * std::abs(r.amount));
  }
  [[nodiscard]] double worth(const option& o) const {
    return p_.value[p_.start[o.account] + o.level] - p_.value[p_.start[o.account] + x_.choice[o.account]];
  }
  template <class Use>
  void change(const option& o, Use&& use) const {
    const std::uint64_t to = (p_.start[o.account] + o.level) * p_.k;
    const std::uint64_t from = (p_.start[o.account] + x_.choice[o.account]) * p_.k;
    for (const std::size_t d : member_.of(p_.class_of(o.account))) {
      const double by = p_.cost[to + p_.rows[d].budget] - p_.cost[from + p_.rows[d].budget];
      if (by != 0.0) use(d, by);
    }
  }
  [[nodiscard]] bool fits(const option& o) const {
    bool ok = true;
    change(o, [&](std::size_t d, double by) {
      ok = ok && (p_.rows[d].sign * by <= 0.0 || p_.rows[d].sign * by <= slack(d));
    });
    return ok;
  }
  /// Carries a move out; the option then stands for the way back.
  void take(option& o) {
    x_.value += worth(o);
    change(o, [&](std::size_t d, double by) { x_.use[d] += by; });
    std::swap(o.level, x_.choice[o.account]);
  }
  [[nodiscard]] double excess() const {
    double sum = 0.0;
    for (std::size_t d = 0; d < p_.rows.size(); ++d) sum += broken(p_.rows[d], x_.use[d]) / p_.rows[d].scale;
    return sum;
  }
  [[nodiscard]] double excess_after(const option& o) const {
    double sum = excess();
    change(o, [&](std::size_t d, double by) {
      sum += (broken(p_.rows[d], x_.use[d] + by) - broken(p_.rows[d], x_.use[d])) / p_.rows[d].scale;
    });
    return sum;
  }
  /// Fall in value, with what stays broken counted at three times its price.
  [[nodiscard]] double merit(const option& o) const {
    double sum = -worth(o);
    change(o, [&](std::size_t d, double by) {
      sum += 3.0 * price_[d] * (broken(p_.rows[d], x_.use[d] + by) - broken(p_.rows[d], x_.use[d]));
    });
    return sum;
  }
  bool best_repair(std::size_t from, std::size_t to) {
    const double now = excess();
    double least = 0.0;
    std::size_t best = to;
    for (std::size_t a = from; a < to; ++a) {
      const double m = merit(options_[a]);
      if (m < least && excess_after(options_[a]) < now * (1 - 1e-9)) {
        least = m;
        best = a;
      }
    }
    if (best == to) return false;
    take(options_[best]);
    return true;
  }
  bool any_repair() {
    double now = excess();
    bool moved = false;
    for (option& o : options_) {
      const double after = excess_after(o);
      if (after < now * (1 - 1e-9)) {
        take(o);
        moved = true;
        now = excess();
        if (now == 0.0) break;
      }
    }
    return moved;
  }
  bool pair_repair() {
    const std::size_t count = std::min<std::size_t>(options_.size(), 400);
    const double now = excess();
    for (std::size_t a = 0; a < count; ++a) {
      option& first = options_[a];
      take(first);
      std::size_t best = count;
      double least = now * (1 - 1e-9);
      for (std::size_t b = 0; b < count; ++b) {
        if (options_[b].account == first.account) continue;
        const double after = excess_after(options_[b]);
        if (after < least) least = after, best = b;
      }
      if (best < count) {
        take(options_[best]);
        return true;
      }
      take(first);
    }
    return false;
  }

  const problem& p_;
  membership member_;
  draft& x_;
  std::vector<option> options_;
  std::vector<double> price_;
};

}  // namespace guanxi::plan::detail
