#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/plan/book.hpp>
#include <guanxi/plan/problem.hpp>

namespace guanxi::plan::detail {

inline std::string budget_name(const settings& set, std::size_t k) {
  std::string text = k < set.names.size() ? "'" : "budget ";
  text += k < set.names.size() ? set.names[k] : std::to_string(k);
  if (k < set.names.size()) text += "'";
  return text;
}

inline std::string number_text(double x) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.12g", x);
  return digits;
}

inline std::string amount_of(const settings& set, std::size_t k) {
  const std::string name = budget_name(set, k);
  return k < set.names.size() ? std::string("budget ").append(name) : name;
}

/// Refuses a book that is no book: sizes, NaN, negative costs and budgets. Costs one pass.
inline void check(const book& b, std::span<const double> budget, const settings& set) {
  const auto fail = [](errc code, const std::string& text) { throw error(code, "plan::allocate: " + text); };
  if (b.budgets < 1 || b.budgets > 8)
    fail(errc::out_of_domain, "'budgets' is " + std::to_string(b.budgets) + ", wanted 1 to 8");
  if (b.start.empty()) fail(errc::empty, "'start' is empty, wanted accounts + 1 entries");
  if (b.start[0] != 0) fail(errc::out_of_domain, "'start' begins with " + std::to_string(b.start[0]) + ", wanted 0");
  for (std::size_t i = 0; i + 1 < b.start.size(); ++i)
    if (b.start[i + 1] <= b.start[i])
      fail(errc::out_of_domain, "account " + std::to_string(i) + " has no level, wanted at least one");
  if (b.start.back() != b.value.size())
    fail(errc::size_mismatch, "'start' ends at " + std::to_string(b.start.back()) + ", 'value' has " +
                                  std::to_string(b.value.size()) + " rows");
  if (b.cost.size() != b.value.size() * b.budgets)
    fail(errc::size_mismatch, "'cost' has " + std::to_string(b.cost.size()) + " entries, wanted " +
                                  std::to_string(b.value.size()) + " rows x " + std::to_string(b.budgets) + " budgets");
  if (budget.size() != b.budgets)
    fail(errc::size_mismatch, "'budget' has " + std::to_string(budget.size()) + " entries, the book has " +
                                  std::to_string(b.budgets) + " budgets");
  if (b.accounts() > 0xffffffffULL) fail(errc::out_of_domain, "more than 4,294,967,295 accounts");
  for (std::size_t k = 0; k < budget.size(); ++k) {
    if (!std::isfinite(budget[k]))
      fail(errc::not_finite, amount_of(set, k) + " is " + number_text(budget[k]) + ", wanted a number >= 0");
    if (budget[k] < 0.0)
      fail(errc::out_of_domain, amount_of(set, k) + " is " + number_text(budget[k]) + ", wanted >= 0");
  }
  const std::size_t rows = b.value.size();
  const std::size_t block = account_block * 4;
  std::vector<std::size_t> bad((rows + block - 1) / block, rows);
  parallel_blocks(
      rows, block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        double sound = 0.0;  // stays 0 unless something is NaN or infinite
        bool negative = false;
        for (std::size_t r = begin; r < end; ++r) sound += b.value[r] * 0.0;
        for (std::size_t c = begin * b.budgets; c < end * b.budgets; ++c) {
          sound += b.cost[c] * 0.0;
          negative |= b.cost[c] < 0.0;
        }
        if (sound == 0.0 && !negative) return;
        for (std::size_t r = begin; r < end; ++r) {
          bool fine = std::isfinite(b.value[r]);
          for (std::size_t k = 0; k < b.budgets; ++k)
            fine &= std::isfinite(b.cost[r * b.budgets + k]) && b.cost[r * b.budgets + k] >= 0.0;
          if (!fine) {
            bad[number] = r;
            return;
          }
        }
      },
      set.threads);
  for (const std::size_t r : bad) {
    if (r == rows) continue;
    const auto account =
        static_cast<std::size_t>(std::upper_bound(b.start.begin(), b.start.end(), r) - b.start.begin()) - 1;
    const std::string where =
        " of account " + std::to_string(account) + " level " + std::to_string(r - b.start[account]);
    if (!std::isfinite(b.value[r]))
      fail(errc::not_finite, "'value'" + where + " is " + number_text(b.value[r]) + ", wanted a finite number");
    for (std::size_t k = 0; k < b.budgets; ++k) {
      const double c = b.cost[r * b.budgets + k];
      if (!std::isfinite(c))
        fail(errc::not_finite,
             "cost in " + budget_name(set, k) + where + " is " + number_text(c) + ", wanted a number >= 0");
      if (c < 0.0)
        fail(errc::out_of_domain, "cost in " + budget_name(set, k) + where + " is " + number_text(c) + ", wanted >= 0");
    }
  }
  const auto known = [&](const std::vector<held>& list, const char* what) {
    for (const held& h : list) {
      if (h.account >= b.accounts())
        fail(errc::unknown_name, std::string("'") + what + "' names account " + std::to_string(h.account) +
                                     ", the book has " + std::to_string(b.accounts()));
      if (h.level >= b.levels(h.account))
        fail(errc::unknown_name, std::string("'") + what + "' names level " + std::to_string(h.level) + " of account " +
                                     std::to_string(h.account) + ", which has " + std::to_string(b.levels(h.account)));
    }
  };
  known(set.pins, "pins");
  known(set.excluded, "excluded");
  known(set.minimum, "minimum");
  if (!set.present.empty() && set.present.size() != b.accounts())
    fail(errc::size_mismatch, "'present' has " + std::to_string(set.present.size()) + " entries, the book has " +
                                  std::to_string(b.accounts()) + " accounts");
  for (const auto& column : set.groups)
    if (column.size() != b.accounts())
      fail(errc::size_mismatch, "'groups' has " + std::to_string(column.size()) + " entries, the book has " +
                                    std::to_string(b.accounts()) + " accounts");
  for (const limit& one : set.limits) {
    const char* word = one.floor ? "a floor" : "a cap";
    if (one.grouping >= set.groups.size())
      fail(errc::unknown_name, std::string(word) + " names grouping " + std::to_string(one.grouping) +
                                   ", 'groups' has " + std::to_string(set.groups.size()));
    if (one.budget >= b.budgets)
      fail(errc::unknown_name, std::string(word) + " names budget " + std::to_string(one.budget) + ", the book has " +
                                   std::to_string(b.budgets));
    if (!std::isfinite(one.amount) || one.amount < 0.0)
      fail(errc::out_of_domain, std::string(word) + " on " + budget_name(set, one.budget) + " is " +
                                    number_text(one.amount) + ", wanted a number >= 0");
  }
}

/// The open levels of a book and its rows: pins, exclusions and minimum levels taken out, and with them every level
/// that no plan can hold since it does not fit beside the least need of the others. Borrowed where nothing is taken
/// out.
struct restricted {
  problem p;
  std::vector<std::uint32_t> class_column;  // storage of the classes
  bool whole = true;                        // p borrows the book's columns
  std::vector<std::uint32_t> emptied;       // accounts without an open level
  std::vector<shortfall> failing;
  /// Level in the book of an open level.
  [[nodiscard]] std::uint32_t level(const book& b, std::size_t account, std::uint32_t open) const {
    return whole ? open : static_cast<std::uint32_t>(p.own->source[p.start[account] + open] - b.start[account]);
  }
};

inline std::vector<std::uint32_t> largest_first(std::vector<std::pair<double, std::uint32_t>> need) {
  std::sort(need.begin(), need.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  std::vector<std::uint32_t> out;
  for (std::size_t j = 0; j < std::min<std::size_t>(10, need.size()); ++j) out.push_back(need[j].second);
  return out;
}

/// Floors above what the group can take, caps below what it needs, floors of one grouping that together exceed a
/// budget.
inline void check_limits(restricted& out, const settings& set) {
  const problem& p = out.p;
  const std::size_t k = p.k;
  if (set.limits.empty()) return;
  std::vector<double> low(p.classes * k, 0.0), high(p.classes * k, 0.0);
  for (std::size_t i = 0; i < p.n; ++i)
    for (std::size_t d = 0; d < k; ++d) {
      double least = std::numeric_limits<double>::infinity(), most = 0.0;
      for (std::uint64_t r = p.start[i]; r < p.start[i + 1]; ++r) {
        least = std::min(least, p.cost[r * k + d]);
        most = std::max(most, p.cost[r * k + d]);
      }
      low[p.class_of(i) * k + d] += least;
      high[p.class_of(i) * k + d] += most;
    }
  for (std::size_t q = 0; q < set.limits.size(); ++q) {
    const row& r = p.rows[k + q];
    const double need = r.sign > 0 ? row_use(p, r, low) : r.amount;
    const double have = r.sign > 0 ? r.amount : row_use(p, r, high);
    if (need > have * (1 + 1e-12))
      out.failing.push_back({r.sign > 0 ? shortfall::kind::least_need : shortfall::kind::out_of_reach,
                             r.budget,
                             true,
                             q,
                             need,
                             have,
                             need - have,
                             {}});
    else if (r.sign < 0 && r.amount > p.rows[r.budget].amount * (1 + 1e-12))
      out.failing.push_back({shortfall::kind::out_of_reach,
                             r.budget,
                             true,
                             q,
                             r.amount,
                             p.rows[r.budget].amount,
                             r.amount - p.rows[r.budget].amount,
                             {}});
  }
  for (std::size_t g = 0; g < set.groups.size(); ++g)
    for (std::size_t d = 0; d < k; ++d) {
      // classes of one grouping are disjoint by group: floors and the least need of the others add up
      std::map<std::uint32_t, double> floor_of;
      double need = 0.0;
      std::size_t floors = 0;
      std::vector<double> rest(low.begin(), low.end());
      for (const limit& one : set.limits)
        if (one.floor && one.grouping == g && one.budget == d)
          floor_of[one.group] = std::max(floor_of[one.group], one.amount);
      for (std::size_t q = 0; q < set.limits.size(); ++q) {
        const limit& one = set.limits[q];
        if (!one.floor || one.grouping != g || one.budget != d || floor_of.count(one.group) == 0) continue;
        need += std::max(floor_of[one.group], row_use(p, p.rows[k + q], low));
        for (const std::uint32_t c : p.rows[k + q].classes) rest[c * k + d] = 0.0;
        floor_of.erase(one.group);
        ++floors;
      }
      for (std::size_t c = 0; c < p.classes; ++c) need += rest[c * k + d];
      if (floors > 1 && need > p.rows[d].amount * (1 + 1e-12))
        out.failing.push_back(
            {shortfall::kind::least_need, d, false, 0, need, p.rows[d].amount, need - p.rows[d].amount, {}});
    }
}

inline restricted restrict_book(const book& b, std::span<const double> budget, const settings& set) {
  restricted out;
  problem& p = out.p;
  const std::size_t n = b.accounts();
  const std::size_t k = b.budgets;
  p.n = n;
  p.k = k;
  p.start = b.start;
  p.value = b.value;
  p.cost = b.cost;
  p.threads = set.threads;
  for (std::size_t d = 0; d < k; ++d) p.rows.push_back({d, 1.0, budget[d], 1.0, {}});

  // classes: accounts that stand in the same limits
  if (!set.limits.empty()) {
    std::vector<char> wanted(set.groups.size(), 0);
    for (const limit& one : set.limits) wanted[one.grouping] = 1;
    std::map<std::vector<std::size_t>, std::uint32_t> number;
    std::vector<std::vector<std::size_t>> limits_of(1);
    number[{}] = 0;
    std::map<std::vector<std::uint32_t>, std::uint32_t> seen;
    out.class_column.resize(n);
    std::vector<std::uint32_t> key;
    for (std::size_t i = 0; i < n; ++i) {
      key.clear();
      for (std::size_t g = 0; g < set.groups.size(); ++g)
        if (wanted[g]) key.push_back(set.groups[g][i]);
      const auto [at, fresh] = seen.try_emplace(key, 0);
      if (fresh) {
        std::vector<std::size_t> in;
        for (std::size_t q = 0; q < set.limits.size(); ++q)
          if (set.groups[set.limits[q].grouping][i] == set.limits[q].group) in.push_back(q);
        const auto [c, more] = number.try_emplace(in, static_cast<std::uint32_t>(limits_of.size()));
        if (more) limits_of.push_back(in);
        at->second = c->second;
      }
      out.class_column[i] = at->second;
    }
    p.classes = limits_of.size();
    p.of_class = out.class_column;
    for (std::size_t q = 0; q < set.limits.size(); ++q) {
      const limit& one = set.limits[q];
      row r{one.budget, one.floor ? -1.0 : 1.0, one.amount, 1.0, {}};
      for (std::size_t c = 0; c < limits_of.size(); ++c)
        if (std::find(limits_of[c].begin(), limits_of[c].end(), q) != limits_of[c].end())
          r.classes.push_back(static_cast<std::uint32_t>(c));
      if (r.classes.empty()) r.classes.push_back(static_cast<std::uint32_t>(p.classes));  // a group without accounts
      p.rows.push_back(std::move(r));
    }
    bool lone = false;
    for (const row& r : p.rows) lone |= !r.classes.empty() && r.classes[0] == p.classes;
    if (lone) ++p.classes;
  }

  // open levels
  std::vector<char> closed;
  if (!set.pins.empty() || !set.excluded.empty() || !set.minimum.empty()) {
    closed.assign(b.value.size(), 0);
    for (const held& h : set.excluded) closed[b.start[h.account] + h.level] = 1;
    for (const held& h : set.minimum)
      std::fill_n(closed.begin() + static_cast<std::ptrdiff_t>(b.start[h.account]), h.level, char{1});
    for (const held& h : set.pins)
      for (std::uint64_t r = b.start[h.account]; r < b.start[h.account + 1]; ++r)
        closed[r] |= r != b.start[h.account] + h.level;
  }
  // least need, per budget, over the open levels
  std::vector<double> least(k, 0.0);
  std::vector<double> top(k, 0.0);
  const std::size_t blocks = (n + account_block - 1) / account_block;
  std::vector<double> parts(blocks * 2 * k, 0.0);
  std::vector<std::vector<std::uint32_t>> hollow(blocks);
  const auto lowest_cost = [&](std::size_t i, std::size_t d) {
    double low = std::numeric_limits<double>::infinity();
    for (std::uint64_t r = b.start[i]; r < b.start[i + 1]; ++r)
      if (closed.empty() || !closed[r]) low = std::min(low, b.cost[r * k + d]);
    return low;
  };
  parallel_blocks(
      n, account_block,
      [&](std::size_t begin, std::size_t end, std::size_t number) {
        double* part = parts.data() + number * 2 * k;
        for (std::size_t i = begin; i < end; ++i) {
          bool any = closed.empty();
          for (std::uint64_t r = b.start[i]; r < b.start[i + 1] && !any; ++r) any = !closed[r];
          if (!any) {
            hollow[number].push_back(static_cast<std::uint32_t>(i));
            continue;
          }
          double low[8], high[8];
          std::fill_n(low, k, std::numeric_limits<double>::infinity());
          std::fill_n(high, k, 0.0);
          for (std::uint64_t r = b.start[i]; r < b.start[i + 1]; ++r) {
            if (!closed.empty() && closed[r]) continue;
            for (std::size_t d = 0; d < k; ++d) {
              const double c = b.cost[r * k + d];
              low[d] = c < low[d] ? c : low[d];
              high[d] = c > high[d] ? c : high[d];
            }
          }
          for (std::size_t d = 0; d < k; ++d) {
            part[d] += low[d];
            part[k + d] = std::max(part[k + d], high[d] - low[d]);
          }
        }
      },
      set.threads);
  for (const auto& list : hollow) out.emptied.insert(out.emptied.end(), list.begin(), list.end());
  if (!out.emptied.empty()) return out;
  for (std::size_t d = 0; d < k; ++d) {
    running_sum sum;
    for (std::size_t q = 0; q < blocks; ++q) {
      sum.add(parts[q * 2 * k + d]);
      top[d] = std::max(top[d], parts[q * 2 * k + k + d]);
    }
    least[d] = sum.value();
    if (broken(p.rows[d], least[d]) > 0.0) {
      shortfall s{shortfall::kind::least_need, d, false, 0, least[d], budget[d], least[d] - budget[d], {}};
      std::vector<std::pair<double, std::uint32_t>> need;
      for (std::size_t i = 0; i < n; ++i)
        if (const double c = lowest_cost(i, d); c > 0.0) need.emplace_back(c, static_cast<std::uint32_t>(i));
      s.accounts = largest_first(std::move(need));
      out.failing.push_back(std::move(s));
    }
  }
  if (!out.failing.empty()) return out;
  bool oversize = false;
  for (std::size_t d = 0; d < k; ++d) oversize |= top[d] > (budget[d] - least[d]) + 1e-12 * budget[d];
  out.whole = closed.empty() && !oversize;
  if (!out.whole) {
    p.own = std::make_unique<problem::storage>();
    auto& own = *p.own;
    own.start.push_back(0);
    std::vector<double> low(k);
    for (std::size_t i = 0; i < n; ++i) {
      if (oversize)
        for (std::size_t d = 0; d < k; ++d) low[d] = lowest_cost(i, d);
      for (std::uint64_t r = b.start[i]; r < b.start[i + 1]; ++r) {
        bool open = closed.empty() || !closed[r];
        if (open && oversize)
          for (std::size_t d = 0; d < k && open; ++d)
            open = b.cost[r * k + d] - low[d] <= (budget[d] - least[d]) + 1e-12 * budget[d];
        if (!open) continue;
        own.value.push_back(b.value[r]);
        for (std::size_t d = 0; d < k; ++d) own.cost.push_back(b.cost[r * k + d]);
        own.source.push_back(r);
      }
      if (own.value.size() == own.start.back()) out.emptied.push_back(static_cast<std::uint32_t>(i));
      own.start.push_back(own.value.size());
    }
    p.start = own.start;
    p.value = own.value;
    p.cost = own.cost;
    if (!out.emptied.empty()) return out;
  }
  check_limits(out, set);
  for (row& r : p.rows) r.scale = r.amount > 0.0 ? r.amount : 1.0;
  return out;
}

}  // namespace guanxi::plan::detail
