#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/graph/chance_scale.hpp>
#include <guanxi/graph/logistic.hpp>
#include <guanxi/graph/next_suppliers.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/graph/tie_choice.hpp>
#include <guanxi/graph/tie_features.hpp>
#include <guanxi/graph/tie_ranking.hpp>
#include <guanxi/graph/workspaces.hpp>

namespace guanxi::graph {

struct tie_model_options {
  std::uint32_t horizon = 1;         // a tie counts when it comes within so many periods
  std::size_t origins = 4;           // past dates to learn from, a horizon apart
  std::size_t negatives = 25'000;    // pairs without a tie that are looked at, a date; the rest is weighed in
  std::size_t neighbours = 50;       // like customers and like suppliers
  double damping = 0.85;
  std::uint64_t seed = 7;
  unsigned threads = 0;
};

/// The chance that a customer and a supplier who do not trade yet will, learned on the past of the same graph.
///
/// For each of some past dates the features of pairs are taken as known then (tie_features) and the ties that came within
/// the horizon after it are the answers. Two things learn from them. A ranking for each side (tie_ranking): which of the
/// candidates of one customer, or of one supplier, was chosen. And a logistic curve over all pairs, pulled towards the walks
/// by a ridge, whose chances are laid on a scale of what came true on dates it had not seen (chance_scale). Where the chances
/// of a node's candidates would turn the order of the ranking they are pooled. Nothing after `at` is used.
class TieModel {
 public:
  /// Takes   at: last period that counts, inclusive; without: all that is known.
  /// Gives   a status that a person can act on; not known() with fewer than 20 new ties to learn from.
  /// Fails   errc::unknown_name without periods; errc::out_of_domain for horizon 0 or damping outside (0, 1).
  /// Costs   origins x (likeness + walks of the customers that are looked at) + rows x features^2.
  TieModel& fit(const SupplierGraph& graph, std::optional<std::uint32_t> at = {}, const tie_model_options& o = {}) {
    check(graph, o);
    options_ = o;
    std::uint32_t last = 0, first = static_cast<std::uint32_t>(graph.periods());
    for (const std::uint32_t t : graph.line_period()) last = std::max(last, t), first = std::min(first, t);
    last_ = at ? std::min(*at, last) : last;
    known_ = false;
    dates_.clear();
    new_ties = 0;
    std::vector<past> rows;
    auto later = std::make_unique<SupplierGraph>(graph.at(last_));
    for (std::size_t j = 1; j <= o.origins; ++j) {
      if (last_ < first + j * o.horizon) break;
      const auto date = static_cast<std::uint32_t>(last_ - j * o.horizon);
      auto then = std::make_unique<SupplierGraph>(graph.at(date));
      rows.push_back(look_back(*then, *later, date, j));
      dates_.push_back(date);
      later = std::move(then);
    }
    std::size_t fresh = 0;
    for (const past& r : rows) fresh += static_cast<std::size_t>(std::count(r.pairs.y.begin(), r.pairs.y.end(), std::uint8_t{1}));
    new_ties = fresh;
    if (rows.empty()) return say("chance not known: the past is shorter than two horizons");
    if (fresh < 20) return say("chance not known: only " + std::to_string(fresh) + " new ties in " + std::to_string(rows.size()) + " past horizons");
    learn(rows);
    known_ = true;
    return say("learned on " + std::to_string(fresh) + " new ties of " + std::to_string(rows.size()) + " past horizons");
  }

  [[nodiscard]] bool known() const noexcept { return known_; }
  [[nodiscard]] const std::string& status() const noexcept { return status_; }
  [[nodiscard]] const logistic_curve& curve() const noexcept { return curve_; }
  [[nodiscard]] const tie_model_options& options() const noexcept { return options_; }
  [[nodiscard]] std::uint32_t last() const noexcept { return last_; }
  [[nodiscard]] double ridge() const noexcept { return ridge_; }
  /// How a side orders its candidates.
  [[nodiscard]] const tie_ranking& ranking(side from) const noexcept { return from == side::customer ? of_customers_ : of_suppliers_; }
  [[nodiscard]] std::span<const std::uint32_t> dates() const noexcept { return dates_; }
  /// Chance of a pair by itself, before the candidates of a node share their chances in the order of the ranking.
  [[nodiscard]] double chance(std::span<const float> x) const noexcept { return logistic_curve::chance(scale_(curve_.logit(x)) + shift_); }
  std::size_t new_ties = 0;

  /// Ties likely to come within the horizon after the fitted date; rows by `from` and rank, highest chance first.
  /// Takes   graph: the one that was fitted; who: ids on the side `from`, empty: all; k = 0: all candidates.
  /// Fails   errc::not_fitted when the model is not known.
  [[nodiscard]] prospects next(const SupplierGraph& graph, side from, std::span<const std::uint32_t> who = {}, std::size_t k = 10) const {
    if (!known_) throw error(errc::not_fitted, "graph::TieModel: " + (status_.empty() ? std::string("fit comes first") : status_));
    const std::size_t n = graph.view().facing(from).customers();
    for (const std::uint32_t id : who)
      if (id >= n) throw error(errc::out_of_domain, "graph::TieModel: node " + std::to_string(id) + " of " + std::to_string(n));
    const SupplierGraph now = graph.at(last_);
    const tie_features features(now, last_, settings());
    const detail::prospector reasons(now, from, fading());
    return collect(features, reasons, from, who, k, n);
  }

 private:
  [[nodiscard]] tie_features::settings settings() const noexcept { return {options_.horizon, options_.damping, options_.neighbours, options_.threads}; }
  [[nodiscard]] walk_reading fading() const noexcept {
    walk_reading r;
    r.damping = options_.damping;
    return r;
  }
  TieModel& say(std::string status) {
    status_ = std::move(status);
    return *this;
  }
  static void check(const SupplierGraph& graph, const tie_model_options& o) {
    if (!graph.has_periods()) throw error(errc::unknown_name, "graph::TieModel: no 'period' column was given");
    if (o.horizon == 0) throw error(errc::out_of_domain, "graph::TieModel: horizon is 0, wanted at least 1 period");
    if (o.neighbours == 0) throw error(errc::out_of_domain, "graph::TieModel: neighbours is 0, wanted at least 1");
    if (!(o.damping > 0 && o.damping < 1))
      throw error(errc::out_of_domain, "graph::TieModel: damping is " + std::to_string(o.damping) + ", wanted inside (0, 1)");
  }

  /// What one past date teaches: pairs of all kinds, and the choices of those who chose.
  struct past {
    labelled_rows pairs;
    choice_rows by_customer, by_supplier;
  };
  [[nodiscard]] past look_back(const SupplierGraph& then, const SupplierGraph& later, std::uint32_t date, std::size_t number) const {
    const tie_features features(then, date, settings());
    return {learn_rows(features, then, later, number), choices(features, then, later, side::customer, number),
            choices(features, then, later, side::supplier, number)};
  }

  // Groups of nodes that got a new tie, with all their candidates while there is room for them: those near by the walk
  // first, then a sample of the others.
  [[nodiscard]] choice_rows choices(const tie_features& features, const SupplierGraph& then, const SupplierGraph& later, side from, std::size_t number) const {
    constexpr std::size_t room = 120'000, least = 200;
    const two_sided old = then.view().facing(from), fresh = later.view().facing(from);
    std::vector<std::uint32_t> who;
    for (std::uint32_t c = 0; c < old.customers(); ++c) {
      if (old.customer.degree(c) == 0) continue;
      const auto had = old.customer.others(c);
      for (const std::uint32_t s : fresh.customer.others(c))
        if (old.supplier.degree(s) > 0 && !std::binary_search(had.begin(), had.end(), s)) {
          who.push_back(c);
          break;
        }
    }
    if (who.size() > room / least) thin(who, room / least, 2 * number + (from == side::customer ? 0 : 1));
    const std::size_t quota = std::max(least, room / std::max<std::size_t>(1, who.size()));
    const auto walk = static_cast<std::size_t>(from == side::customer ? tie_feature::walk_from_customer : tie_feature::walk_from_supplier);
    std::vector<choice_rows> parts(who.size());
    detail::workspaces<tie_features::scratch> pool;
    parallel_blocks(
        who.size(), 4,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          auto scratch = pool.take([&] { return features.make_scratch(); });
          std::vector<tie_features::pair> found;
          for (std::size_t g = begin; g < end; ++g) {
            if (from == side::customer) features.row(who[g], *scratch, found);
            else features.column(who[g], *scratch, found);
            double bar = -1e300, keep = 1;
            if (found.size() > quota) {
              std::vector<float> near;
              for (const auto& p : found) near.push_back(p.x[walk]);
              std::nth_element(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(quota / 2), near.end(), std::greater<>());
              bar = near[quota / 2];
              keep = static_cast<double>(quota / 2) / static_cast<double>(found.size() - quota / 2);
            }
            const auto ties = fresh.customer.others(who[g]);
            random_stream random(options_.seed, who[g], static_cast<std::uint32_t>(16 + 2 * number + (from == side::customer ? 0 : 1)));
            choice_rows& mine = parts[g];
            mine.features = tie_features_count;
            for (const auto& p : found) {
              const bool came = std::binary_search(ties.begin(), ties.end(), from == side::customer ? p.supplier : p.customer);
              const bool sure = came || p.x[walk] > bar;
              if (random.uniform() >= keep && !sure) continue;
              mine.x.insert(mine.x.end(), p.x.begin(), p.x.end());
              mine.y.push_back(came);
              mine.weight.push_back(sure ? 1.0f : static_cast<float>(1 / keep));
            }
            mine.start.push_back(mine.size());
          }
          pool.put(std::move(scratch));
        },
        options_.threads);
    choice_rows out;
    out.features = tie_features_count;
    for (const choice_rows& part : parts)
      if (part.chosen() > 0 && part.chosen() < part.size()) out.append(part);
    return out;
  }

  // Pairs of one past date with what came of them. Customers are thinned when there are very many pairs.
  [[nodiscard]] labelled_rows learn_rows(const tie_features& features, const SupplierGraph& then, const SupplierGraph& later, std::size_t number) const {
    const two_sided old = then.view(), fresh = later.view();
    std::vector<std::uint32_t> who;
    std::size_t others = 0;
    for (std::uint32_t c = 0; c < old.customers(); ++c)
      if (old.customer.degree(c) > 0) who.push_back(c);
    for (std::size_t s = 0; s < old.suppliers(); ++s) others += old.supplier.degree(s) > 0;
    const std::size_t most = std::max<std::size_t>(500, 20'000'000 / std::max<std::size_t>(1, others));
    if (who.size() > most) thin(who, most, number);
    const double pairs = static_cast<double>(who.size()) * static_cast<double>(others);
    const double keep = std::min(1.0, static_cast<double>(options_.negatives) / std::max(1.0, pairs));
    constexpr std::size_t block = 16;
    std::vector<labelled_rows> parts((who.size() + block - 1) / block);
    detail::workspaces<tie_features::scratch> pool;
    parallel_blocks(
        who.size(), block,
        [&](std::size_t begin, std::size_t end, std::size_t at) {
          auto scratch = pool.take([&] { return features.make_scratch(); });
          std::vector<tie_features::pair> found;
          for (std::size_t i = begin; i < end; ++i) {
            features.row(who[i], *scratch, found);
            const auto ties = fresh.customer.others(who[i]);
            random_stream random(options_.seed, who[i], static_cast<std::uint32_t>(number));
            for (const tie_features::pair& p : found) {
              const bool came = std::binary_search(ties.begin(), ties.end(), p.supplier);
              if (random.uniform() >= keep && !came) continue;
              parts[at].x.insert(parts[at].x.end(), p.x.begin(), p.x.end());
              parts[at].y.push_back(came);
              parts[at].customer.push_back(p.customer);
              parts[at].supplier.push_back(p.supplier);
              parts[at].weight.push_back(came ? 1.0f : static_cast<float>(1 / keep));
            }
          }
          pool.put(std::move(scratch));
        },
        options_.threads);
    labelled_rows out;
    out.features = tie_features_count;
    for (const labelled_rows& part : parts) out.append(part);
    return out;
  }
  void thin(std::vector<std::uint32_t>& who, std::size_t most, std::size_t number) const {
    random_stream random(options_.seed, number, 1'000'003);
    for (std::size_t i = 0; i < most; ++i) std::swap(who[i], who[i + random.index(who.size() - i)]);
    who.resize(most);
    std::sort(who.begin(), who.end());
  }

  // The walks alone first; then all features, pulled towards what the walks say.
  [[nodiscard]] static logistic_curve curve_of(const labelled_rows& d, double ridge) { return fit_ridge_logistic(d, ridge, walks_of(d).slope); }
  [[nodiscard]] static logistic_curve walks_of(const labelled_rows& d) {
    std::array<std::uint8_t, tie_features_count> walks{};
    for (const tie_feature f : {tie_feature::walk_from_customer, tie_feature::walk_from_supplier, tie_feature::walk_plain, tie_feature::walk_plain_from_supplier}) walks[static_cast<std::size_t>(f)] = 1;
    return fit_ridge_logistic(d, 1, {}, walks);
  }
  void learn(const std::vector<past>& rows) {
    constexpr std::array<double, 6> ridges{2, 10, 50, 250, 1'250, 6'250};
    const auto count = [](const labelled_rows& r) { return static_cast<double>(std::count(r.y.begin(), r.y.end(), std::uint8_t{1})); };
    ridge_ = 250;
    std::array<double, ridges.size()> loss{};
    std::array<std::vector<logistic_curve>, ridges.size()> tries;
    std::vector<std::size_t> dates;
    labelled_rows earlier;
    earlier.features = tie_features_count;
    for (std::size_t j = rows.size(); j-- > 0;) {
      if (count(earlier) >= 20 && count(rows[j].pairs) >= 10) {
        const logistic_curve base = walks_of(earlier);
        const logistic_curve* start = &base;
        for (std::size_t r = ridges.size(); r-- > 0;) {  // from the stiffest: each begins at the last
          if (r + 1 < ridges.size()) start = &tries[r + 1].back();
          tries[r].push_back(fit_ridge_logistic(earlier, ridges[r], base.slope, {}, start));
          loss[r] += log_loss(tries[r].back(), rows[j].pairs) * total_weight(rows[j].pairs);
        }
        dates.push_back(j);
      }
      earlier.append(rows[j].pairs);
    }
    scale_ = {};
    if (!dates.empty()) {
      const auto best = static_cast<std::size_t>(std::min_element(loss.begin(), loss.end()) - loss.begin());
      ridge_ = ridges[best];
      std::vector<double> z;
      std::vector<std::uint8_t> came;
      std::vector<float> weight;
      for (std::size_t i = 0; i < dates.size(); ++i) {
        const labelled_rows& d = rows[dates[i]].pairs;
        for (std::size_t k = 0; k < d.size(); ++k) z.push_back(tries[best][i].logit(d.row(k)));
        came.insert(came.end(), d.y.begin(), d.y.end());
        weight.insert(weight.end(), d.weight.begin(), d.weight.end());
      }
      scale_ = chance_scale(z, came, weight);
    }
    curve_ = curve_of(earlier, ridge_);
    shift_ = level(rows);
    std::vector<const logistic_curve*> curves(rows.size(), nullptr);  // oldest first, as each date was foretold
    if (!dates.empty()) {
      const auto best = static_cast<std::size_t>(std::find(ridges.begin(), ridges.end(), ridge_) - ridges.begin());
      for (std::size_t i = 0; i < dates.size(); ++i) curves[rows.size() - 1 - dates[i]] = &tries[best][i];
    }
    for (const side from : {side::customer, side::supplier}) {
      std::vector<choice_rows> dated;  // oldest first
      for (std::size_t j = rows.size(); j-- > 0;) dated.push_back(from == side::customer ? rows[j].by_customer : rows[j].by_supplier);
      (from == side::customer ? of_customers_ : of_suppliers_) = tie_ranking(from, dated, curves, curve_, options_.threads);
    }
  }

  [[nodiscard]] static double total_weight(const labelled_rows& d) {
    double sum = 0;
    for (const float w : d.weight) sum += w;
    return sum;
  }
  // Shift that keeps the number of ties expected equal to the number that came; a date counts half of the one after it.
  [[nodiscard]] double level(const std::vector<past>& rows) const {
    std::vector<double> z, weight;
    double yes = 0, shift = 0, counts = 1;
    for (const past& one : rows) {
      const labelled_rows& d = one.pairs;
      for (std::size_t i = 0; i < d.size(); ++i) {
        z.push_back(scale_(curve_.logit(d.row(i))));
        weight.push_back(counts * d.weight[i]);
        if (d.y[i] != 0) yes += weight.back();
      }
      counts /= 2;
    }
    for (int pass = 0; pass < 100; ++pass) {
      double sum = 0, slope = 0;
      for (std::size_t i = 0; i < z.size(); ++i) {
        const double p = logistic_curve::chance(z[i] + shift);
        sum += weight[i] * p, slope += weight[i] * p * (1 - p);
      }
      const double step = std::clamp((yes - sum) / std::max(1e-12, slope), -1.0, 1.0);
      shift += step;
      if (std::abs(step) < 1e-10) break;
    }
    return shift;
  }

  [[nodiscard]] prospects collect(const tie_features& features, const detail::prospector& reasons, side from, std::span<const std::uint32_t> who,
                                  std::size_t k, std::size_t n) const {
    prospects out;
    out.status = status_;
    const std::size_t rows = who.empty() ? n : who.size();
    constexpr std::size_t block = 16;
    std::vector<prospects> parts((rows + block - 1) / block);
    detail::workspaces<tie_features::scratch> pool;
    detail::workspaces<detail::prospector::scratch> paths;
    parallel_blocks(
        rows, block,
        [&](std::size_t begin, std::size_t end, std::size_t at) {
          auto scratch = pool.take([&] { return features.make_scratch(); });
          auto path = paths.take([&] { return reasons.make_scratch(); });
          std::vector<tie_features::pair> found;
          std::vector<std::pair<double, std::uint32_t>> order;
          std::vector<float> x;
          std::vector<double> rank, chances;
          for (std::size_t i = begin; i < end; ++i) {
            const std::uint32_t id = who.empty() ? static_cast<std::uint32_t>(i) : who[i];
            if (from == side::customer) features.row(id, *scratch, found);
            else features.column(id, *scratch, found);
            order.clear();
            x.clear(), chances.clear();
            for (const auto& p : found) {
              x.insert(x.end(), p.x.begin(), p.x.end());
              chances.push_back(chance(p.x));
            }
            ranking(from).order(x, {}, rank);
            for (std::uint32_t f = 0; f < found.size(); ++f) order.emplace_back(-rank[f] - 1e-9 * chances[f], f);
            const std::size_t take = k == 0 ? order.size() : std::min(k, order.size());
            std::sort(order.begin(), order.end());
            share_chances(order, chances);
            for (std::size_t r = 0; r < take; ++r) {
              const tie_features::pair& p = found[order[r].second];
              const auto [via, via2] = reasons.why(p.customer, p.supplier, *path);
              parts[at].from.push_back(id);
              parts[at].to.push_back(from == side::customer ? p.supplier : p.customer);
              parts[at].score.push_back(p.walk);
              parts[at].chance.push_back(chances[r]);
              parts[at].rank.push_back(static_cast<std::uint32_t>(r + 1));
              parts[at].via.push_back(via);
              parts[at].via2.push_back(via2);
            }
          }
          paths.put(std::move(path));
          pool.put(std::move(scratch));
        },
        options_.threads);
    const auto append = [](auto& to, const auto& part) { to.insert(to.end(), part.begin(), part.end()); };
    for (const prospects& p : parts) {
      append(out.from, p.from), append(out.to, p.to), append(out.score, p.score), append(out.chance, p.chance);
      append(out.rank, p.rank), append(out.via, p.via), append(out.via2, p.via2);
    }
    return out;
  }

  // Chances in the order of the ranking: those that would turn it are pooled, so their sum stays; then never quite equal.
  static void share_chances(const std::vector<std::pair<double, std::uint32_t>>& order, std::vector<double>& chances) {
    struct pool {
      double sum;
      std::size_t members;
    };
    std::vector<pool> pools;
    for (const auto& [rank, id] : order) {
      pools.push_back({chances[id], 1});
      while (pools.size() > 1) {
        const pool last = pools.back(), before = pools[pools.size() - 2];
        if (last.sum * static_cast<double>(before.members) <= before.sum * static_cast<double>(last.members)) break;
        pools.pop_back();
        pools.back() = {before.sum + last.sum, before.members + last.members};
      }
    }
    std::size_t r = 0;
    for (const pool& p : pools)
      for (std::size_t i = 0; i < p.members; ++i, ++r) chances[r] = p.sum / static_cast<double>(p.members) * (1 - 1e-10 * static_cast<double>(r));
  }

  tie_model_options options_;
  logistic_curve curve_;
  double ridge_ = 250, shift_ = 0;
  chance_scale scale_;
  tie_ranking of_customers_, of_suppliers_;
  std::uint32_t last_ = 0;
  bool known_ = false;
  std::string status_;
  std::vector<std::uint32_t> dates_;
};

}  // namespace guanxi::graph
