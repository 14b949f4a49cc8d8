#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/relation/tier.hpp>
#include <guanxi/relation/words.hpp>

namespace guanxi::relation {

/// What is known of each customer, one entry a customer; NaN = not known, an empty column = not known for all.
struct evidence {
  std::span<const double> value_year;   // our net sales to it over the last year, money
  std::span<const double> share;        // our share of its purchases, 0 to 1
  std::span<const double> share_low;    // lower end of the 90 % interval of share
  std::span<const double> tenure;       // years since its first order
  std::span<const double> orders_year;  // purchase days in the last year
  std::span<const double> breadth;      // number of product lines bought in the last year
  std::span<const double> p_alive;      // probability that it still is a customer
};

/// The cut points of tier_rule; entry h of each array is what tier h + 1 needs (preferred, partnership, alliance).
///
/// Cuts ascend. A NaN cut is taken from the book itself: the `quantile` of the customers that have some of it.
/// resolve() gives the cuts with the NaN filled: keep them, so that next year's tiers are measured with the same rule.
struct cuts {
  std::array<double, 3> share{0.15, 0.35, 0.60};
  std::array<double, 3> value{unknown, unknown, unknown};
  std::array<double, 3> orders{4.0, 8.0, 12.0};
  std::array<double, 3> tenure{1.0, 2.0, 4.0};
  std::array<double, 3> breadth{unknown, unknown, unknown};
  std::array<double, 3> quantile{0.50, 0.75, 0.90};
  std::array<double, 3> breadth_floor{2.0, 3.0, 4.0};  // a cut on breadth taken from the book is at least this
  std::array<double, 4> weight{1.0, 1.0, 1.0, 1.0};    // of value, orders, tenure, breadth
  double majority = 0.6;        // part of the known weight that must reach a tier's cuts, share known
  double majority_alone = 0.7;  // the same when the share is not known
  double certainty = 8.0;       // weights are Dirichlet(certainty x weight / sum of weight) in the probabilities
  double alive = 0.5;           // below this P(alive) the relation counts as over: vendor
};

/// One row a customer. The probabilities sum to 1.
struct tier_columns {
  std::vector<tier> value;
  std::vector<double> p_vendor, p_preferred, p_partnership, p_alliance;
  std::vector<std::string> why;
};

namespace detail {

inline constexpr std::size_t criteria = 4;  // value, orders, tenure, breadth
enum criterion : std::size_t { by_value, by_orders, by_tenure, by_breadth };

[[nodiscard]] inline double cell(std::span<const double> column, std::size_t row) {
  return column.empty() ? unknown : column[row];
}

[[nodiscard]] inline std::size_t evidence_rows(const evidence& e) {
  using column = std::pair<std::string_view, std::span<const double>>;
  const std::array<column, 7> columns{
      column{"value_year", e.value_year}, {"share", e.share},     {"share_low", e.share_low}, {"tenure", e.tenure},
      {"orders_year", e.orders_year},     {"breadth", e.breadth}, {"p_alive", e.p_alive}};
  std::size_t rows = 0;
  std::string_view first;
  for (const auto& [name, values] : columns) {
    if (values.empty()) continue;
    if (first.empty()) first = name, rows = values.size();
    if (values.size() != rows) {
      throw error(errc::size_mismatch, "relation::tier_rule: '" + std::string(first) + "' has " + std::to_string(rows) +
                                           " entries, '" + std::string(name) + "' has " +
                                           std::to_string(values.size()));
    }
    const bool part = name == "share" || name == "share_low" || name == "p_alive";
    for (std::size_t i = 0; i < rows; ++i) {
      const bool money = name == "value_year";
      const bool fine = std::isnan(values[i]) ||
                        (std::isfinite(values[i]) && (money || (values[i] >= 0.0 && (!part || values[i] <= 1.0))));
      if (!fine) {
        throw error(errc::out_of_domain, "relation::tier_rule: '" + std::string(name) + "' is " +
                                             count_text(values[i]) + " in row " + std::to_string(i) + ", want " +
                                             (money  ? "a finite number"
                                              : part ? "0 to 1"
                                                     : "0 or more"));
      }
    }
  }
  return rows;
}

/// Quantile of the entries above 0, between order statistics (R's type 7); NaN when there are none.
[[nodiscard]] inline std::vector<double> positive_sorted(std::span<const double> column) {
  std::vector<double> some;
  for (const double x : column) {
    if (x > 0.0) some.push_back(x);
  }
  std::sort(some.begin(), some.end());
  return some;
}
[[nodiscard]] inline double quantile_of_sorted(std::span<const double> sorted, double p) {
  if (sorted.empty()) return unknown;
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

inline void check_cuts(const cuts& c) {
  const auto bad = [](const std::string& what) { throw error(errc::out_of_domain, "relation::tier_rule: " + what); };
  const auto ascending = [&](std::string_view name, const std::array<double, 3>& cut) {
    for (std::size_t h = 1; h < 3; ++h) {
      if (cut[h] < cut[h - 1]) {
        bad("cuts of '" + std::string(name) + "' fall from " + count_text(cut[h - 1]) + " to " + count_text(cut[h]) +
            ", want them ascending");
      }
    }
  };
  ascending("share", c.share), ascending("value", c.value), ascending("orders", c.orders);
  ascending("tenure", c.tenure), ascending("breadth", c.breadth), ascending("quantile", c.quantile);
  for (const double q : c.quantile) {
    if (!(q >= 0.0 && q <= 1.0)) bad("'quantile' is " + count_text(q) + ", want 0 to 1");
  }
  double total = 0.0;
  for (const double w : c.weight) {
    if (!(w >= 0.0) || !std::isfinite(w)) bad("a 'weight' is " + count_text(w) + ", want 0 or more");
    total += w;
  }
  if (total <= 0.0) bad("every 'weight' is 0, want at least one above 0");
  for (const double m : {c.majority, c.majority_alone}) {
    if (!(m > 0.0 && m <= 1.0)) bad("'majority' is " + count_text(m) + ", want above 0, at most 1");
  }
  if (!(c.certainty > 0.0) || !std::isfinite(c.certainty))
    bad("'certainty' is " + count_text(c.certainty) + ", want above 0");
  if (!(c.alive >= 0.0 && c.alive <= 1.0)) bad("'alive' is " + count_text(c.alive) + ", want 0 to 1");
}

/// P(weight of a set of criteria >= majority) for every set that is met among every set that is known, by the beta law
/// of a sum of Dirichlet weights; and the same with the weights taken as they are (0 or 1).
class majority_table {
 public:
  majority_table(const cuts& c, double majority) {
    const double total = c.weight[0] + c.weight[1] + c.weight[2] + c.weight[3];
    for (std::size_t known = 0; known < sets; ++known) {
      for (std::size_t met = 0; met < sets; ++met) {
        double in = 0.0, out = 0.0;
        for (std::size_t k = 0; k < criteria; ++k) {
          if ((known >> k & 1) == 0) continue;
          ((met >> k & 1) != 0 ? in : out) += c.weight[k] / total;
        }
        const std::size_t at = known * sets + met;
        plain_[at] = in + out > 0.0 && in >= majority * (in + out) * (1.0 - 1e-12);
        chance_[at] = in <= 0.0    ? 0.0
                      : out <= 0.0 ? 1.0
                                   : 1.0 - beta_cdf(majority, c.certainty * in, c.certainty * out);
      }
    }
  }
  [[nodiscard]] bool plain(std::size_t known, std::size_t met) const { return plain_[known * sets + met]; }
  [[nodiscard]] double chance(std::size_t known, std::size_t met) const { return chance_[known * sets + met]; }

 private:
  static constexpr std::size_t sets = std::size_t{1} << criteria;
  std::array<bool, sets * sets> plain_{};
  std::array<double, sets * sets> chance_{};
};

/// P(rate >= cut | n purchase days in a year), rate ~ gamma(n + 1/2) (Jeffreys); whole numbers from a table.
class rate_table {
 public:
  explicit rate_table(const std::array<double, 3>& cut) : cut_(cut) {
    for (std::size_t h = 0; h < 3; ++h) {
      for (std::size_t n = 0; n < size; ++n) chance_[h][n] = direct(static_cast<double>(n), h);
    }
  }
  [[nodiscard]] double chance(double n, std::size_t h) const {
    const auto whole = n < static_cast<double>(size) ? static_cast<std::size_t>(n) : size;
    return whole < size && static_cast<double>(whole) == n ? chance_[h][whole] : direct(n, h);
  }

 private:
  static constexpr std::size_t size = 128;
  [[nodiscard]] double direct(double n, std::size_t h) const {
    return cut_[h] <= 0.0 ? 1.0 : gamma_tails(n + 0.5, cut_[h]).upper;
  }
  std::array<double, 3> cut_;
  std::array<std::array<double, size>, 3> chance_{};
};

/// The rule for one book: cuts without NaN (a criterion whose cuts are NaN is left out), tables.
class rule {
 public:
  rule(const evidence& e, const cuts& c)
      : e_(e), c_(c), with_share_(c, c.majority), alone_(c, c.majority_alone), rate_(c.orders) {}

  void row(std::size_t i, tier_columns& out) const {
    const std::array<double, criteria> x{cell(e_.value_year, i), cell(e_.orders_year, i), cell(e_.tenure, i),
                                         cell(e_.breadth, i)};
    const double share = cell(e_.share, i), alive = cell(e_.p_alive, i);
    std::size_t known = 0;
    for (std::size_t k = 0; k < criteria; ++k)
      known |= std::size_t{!std::isnan(x[k]) && !std::isnan(cut(k, 0)) && c_.weight[k] > 0.0} << k;
    const majority_table& table = std::isnan(share) ? alone_ : with_share_;
    std::size_t reached = 0;
    std::array<double, 3> at_least{};
    std::array<std::size_t, 3> met{};
    for (std::size_t h = 0; h < 3; ++h) {
      for (std::size_t k = 0; k < criteria; ++k) met[h] |= std::size_t{(known >> k & 1) != 0 && x[k] >= cut(k, h)} << k;
      const bool behaves = known == 0 ? !std::isnan(share) : table.plain(known, met[h]);
      if (reached == h && behaves && (std::isnan(share) || share >= c_.share[h])) reached = h + 1;
      at_least[h] = chance(x, known, share, cell(e_.share_low, i), h, table) * (std::isnan(alive) ? 1.0 : alive);
      if (h > 0) at_least[h] = std::min(at_least[h], at_least[h - 1]);
    }
    const bool gone = alive < c_.alive;
    out.value[i] = static_cast<tier>(gone ? 0 : reached);
    out.p_vendor[i] = 1.0 - at_least[0];
    out.p_preferred[i] = at_least[0] - at_least[1];
    out.p_partnership[i] = at_least[1] - at_least[2];
    out.p_alliance[i] = at_least[2];
    const std::array<double, 4> p{out.p_vendor[i], out.p_preferred[i], out.p_partnership[i], out.p_alliance[i]};
    out.why[i] = words(x, share, alive, known, reached, met, p[gone ? 0 : reached]);
  }

 private:
  [[nodiscard]] double cut(std::size_t k, std::size_t h) const {
    return k == by_value ? c_.value[h] : k == by_orders ? c_.orders[h] : k == by_tenure ? c_.tenure[h] : c_.breadth[h];
  }

  /// P(this criterion reaches the cut of tier h + 1).
  [[nodiscard]] double reaches(const std::array<double, criteria>& x, std::size_t k, std::size_t h) const {
    if (k == by_orders) return rate_.chance(x[k], h);
    if (k != by_value || !(x[k] > 0.0) || !(cut(k, h) > 0.0)) return x[k] >= cut(k, h) ? 1.0 : 0.0;
    const double orders = std::isnan(x[by_orders]) ? 1.0 : x[by_orders];
    return normal_cdf(std::log(x[k] / cut(k, h)) * std::sqrt(orders + 1.0));
  }

  [[nodiscard]] double chance(const std::array<double, criteria>& x, std::size_t known, double share, double low,
                              std::size_t h, const majority_table& table) const {
    double p_share = 1.0;
    if (!std::isnan(share)) {
      const double sd = (share - low) / 1.6448536269514722;
      p_share = sd > 0.0 ? normal_cdf((share - c_.share[h]) / sd) : share >= c_.share[h] ? 1.0 : 0.0;
    }
    if (known == 0) return std::isnan(share) ? 0.0 : p_share;
    std::array<double, criteria> p{};
    for (std::size_t k = 0; k < criteria; ++k) p[k] = (known >> k & 1) != 0 ? reaches(x, k, h) : 0.0;
    double behaves = 0.0;
    for (std::size_t met = 0; met < 16; ++met) {
      if ((met & ~known) != 0) continue;
      double set = 1.0;
      for (std::size_t k = 0; k < criteria; ++k) set *= (met >> k & 1) != 0 ? p[k] : 1.0 - p[k];
      if (set > 0.0) behaves += set * table.chance(known, met);
    }
    return p_share * std::min(behaves, 1.0);
  }

  [[nodiscard]] static std::string seen(std::size_t k, double x) {
    switch (k) {
      case by_value:
        return "sales of " + money_text(x) + " a year";
      case by_orders:
        return plural(count_text(x), "order") + " a year";
      case by_tenure:
        return years_text(x);
      default:
        return plural(count_text(x), "product line");
    }
  }

  [[nodiscard]] std::string words(const std::array<double, criteria>& x, double share, double alive, std::size_t known,
                                  std::size_t reached, const std::array<std::size_t, 3>& met, double sure) const {
    const bool blind = std::isnan(share);
    if (known == 0 && blind) return "nothing known: vendor until shown otherwise";
    std::string text;
    if (!blind) text = percent_text(share) + " of its purchases";
    for (std::size_t k = 0; k < criteria; ++k) {
      if ((known >> k & 1) == 0) continue;
      const bool years = k == by_tenure;
      if (!text.empty()) text += years ? " " : ", ";
      if (years) text += "for ";
      text += seen(k, x[k]);
    }
    const auto name = [](std::size_t t) { return std::string(label(static_cast<tier>(t))); };
    if (alive < c_.alive) {
      text += ": P(alive) is " + percent_text(alive) + ", so vendor";
      if (reached > 0) text += "; if it still buys " + name(reached);
      return text;
    }
    text += ": " + name(reached) + " (" + percent_text(sure) + " sure)";
    if (reached < 3) text += "; " + name(reached + 1) + " needs " + wants(share, known, reached, met[reached]);
    if (blind) text += "; its total purchases are not known";
    return text;
  }

  /// What the next tier asks for and this customer does not have.
  [[nodiscard]] std::string wants(double share, std::size_t known, std::size_t h, std::size_t met) const {
    std::string text;
    if (share < c_.share[h]) text = percent_text(c_.share[h]) + " of its purchases";
    const majority_table& table = std::isnan(share) ? alone_ : with_share_;
    if (known == 0 || table.plain(known, met)) return text;
    std::vector<std::size_t> open;
    for (std::size_t k = 0; k < criteria; ++k) {
      if ((known & ~met) >> k & 1) open.push_back(k);
    }
    std::stable_sort(open.begin(), open.end(),
                     [this](std::size_t a, std::size_t b) { return c_.weight[a] > c_.weight[b]; });
    std::size_t more = 0;
    for (std::size_t with = met; more < open.size() && !table.plain(known, with); ++more)
      with |= std::size_t{1} << open[more];
    if (!text.empty()) text += " and ";
    if (more < open.size()) text += std::to_string(more) + " of ";
    for (std::size_t j = 0; j < open.size(); ++j) {
      if (j > 0) text += j + 1 == open.size() ? (more < open.size() ? " or " : " and ") : ", ";
      text += seen(open[j], cut(open[j], h));
    }
    return text;
  }

  const evidence& e_;
  const cuts& c_;
  majority_table with_share_, alone_;
  rate_table rate_;
};

}  // namespace detail

/// The cuts with every NaN filled from this book, so that they can be kept and used again.
///
/// Takes   the evidence of the book; cuts whose NaN entries are to be filled.
/// Gives   a NaN cut on value, orders, tenure or share as the quantile (R's type 7) of the customers above 0; a NaN cut
/// on
///         breadth likewise but at least breadth_floor. Where no customer has any, it stays NaN: the criterion is left
///         out.
/// Fails   as tier_rule.
/// Costs   O(n log n).
[[nodiscard]] inline cuts resolve(const evidence& e, cuts c) {
  detail::check_cuts(c);
  (void)detail::evidence_rows(e);
  const auto fill = [&](std::array<double, 3>& cut, std::span<const double> column,
                        const std::array<double, 3>& floor) {
    if (!std::isnan(cut[0]) && !std::isnan(cut[1]) && !std::isnan(cut[2])) return;
    const std::vector<double> some = detail::positive_sorted(column);
    for (std::size_t h = 0; h < 3; ++h) {
      if (std::isnan(cut[h])) cut[h] = std::max(detail::quantile_of_sorted(some, c.quantile[h]), floor[h]);
      if (h > 0) cut[h] = std::max(cut[h], cut[h - 1]);
    }
  };
  const std::array<double, 3> none{0.0, 0.0, 0.0};
  fill(c.share, e.share, none), fill(c.value, e.value_year, none), fill(c.orders, e.orders_year, none);
  fill(c.tenure, e.tenure, none), fill(c.breadth, e.breadth, c.breadth_floor);
  return c;
}

/// The tier of each customer by a stated rule, how sure it is, and why.
///
/// A customer has tier h + 1 when our share of its purchases reaches share[h] and, of what else is known (value,
/// orders, tenure, breadth), criteria with at least `majority` of the weight reach their cuts of that tier; tiers are
/// climbed one by one. Without a share the other criteria alone decide, by the larger `majority_alone`. Below P(alive)
/// = `alive` the relation counts as over: vendor.
///
/// Takes   columns of one length (or empty); fractions in [0, 1], counts and years >= 0, value any finite number.
/// Gives   tier, four probabilities and a sentence for each customer. The probabilities let the inputs and the weights
///         vary, independently: share normal about its estimate with the width of its interval; the rate of orders
///         gamma (n + 1/2); value log-normal with log-sd 1 / sqrt(orders + 1); tenure and breadth as given; weights
///         Dirichlet; all times P(alive). They are exact under these laws (no draws).
/// Fails   errc::size_mismatch, errc::out_of_domain with column, row and value; cuts that do not ascend.
/// Costs   O(n), about a microsecond a customer, most of it the sentence; plus O(n log n) for cuts taken from the book.
/// Beware  a rule says what the cuts say. Without trusted cuts for share in your trade, let the book give them (NaN).
[[nodiscard]] inline tier_columns tier_rule(const evidence& e, const cuts& c = {}, unsigned threads = 0) {
  const cuts full = resolve(e, c);
  const std::size_t n = detail::evidence_rows(e);
  tier_columns out;
  out.value.resize(n), out.why.resize(n);
  for (auto* p : {&out.p_vendor, &out.p_preferred, &out.p_partnership, &out.p_alliance}) p->resize(n);
  const detail::rule rule(e, full);
  parallel_blocks(
      n, 4096,
      [&](std::size_t begin, std::size_t end, std::size_t) {
        for (std::size_t i = begin; i < end; ++i) rule.row(i, out);
      },
      threads);
  return out;
}

}  // namespace guanxi::relation
