#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>

namespace guanxi::graph {

/// Who sells what to whom among the same firms, as columns; rows with an amount of 0 or less do not count.
struct firm_flows {
  std::span<const std::uint32_t> seller, buyer;  // below firms
  std::span<const std::uint32_t> product;        // empty: one product
  std::span<const double> amount;
  std::size_t firms = 0;
};
struct risk_options {
  std::vector<std::uint8_t> essential;  // of each product: 1 where nothing is made without it; empty: all are
  double base = 0;                      // part of the output that needs no inessential input
  double tol = 1e-2;                    // stops when no level falls by more than this part of itself (levels below it: by more than its square)
  std::size_t max_rounds = 1000;
  unsigned threads = 0;
};
struct systemic_risk_of {
  std::vector<double> index;            // part of all output that is lost when this firm fails, 0 .. 1
  std::vector<double> output;           // part of all output that is the firm's own
  std::vector<std::uint32_t> rounds;
};

/// Levels of production, 0 .. 1, after a shock to some firms.
struct levels {
  std::vector<double> down, up;         // limited by what is not delivered, and by what is not bought
  std::uint32_t rounds = 0;
};

/// How a failure runs through a network of firms that sell to one another (economic systemic risk index).
///
/// Down, to buyers: h_i = min(over essential inputs k of P_ik, base + (1 - base) P_i of all other inputs), P_ik = sum over
/// sellers j of k to i of w_ji (1 - s_j (1 - h_j)) / sum w_ji, s_j the part of j in all sales of k: a small seller is
/// replaced easily. Up, to sellers: h_i = sum over buyers of w_il h_l / sum w_il. Both from 1, capped by the shock, and
/// falling until nothing falls by more than tol. The index is the output lost, by min(down, up), weighted by sales.
/// Costs   O(rows) a round, a firm; threads over firms, same bits for any number.
/// Source  Diem, Borsos, Reisch, Kertesz and Thurner (2022), Scientific Reports 12, 7719.
class systemic_risk {
 public:
  /// Fails errc::size_mismatch, errc::out_of_domain for ids, base outside [0, 1], tol <= 0.
  explicit systemic_risk(const firm_flows& in, risk_options o = {}) : options_(std::move(o)), firms_(in.firms) {
    check(in);
    struct flow {
      std::uint32_t seller, buyer, product;
      double amount;
    };
    std::vector<flow> all;
    std::uint32_t products = 1;
    for (std::size_t i = 0; i < in.amount.size(); ++i) {
      if (!(in.amount[i] > 0) || !std::isfinite(in.amount[i])) continue;
      all.push_back({in.seller[i], in.buyer[i], in.product.empty() ? 0 : in.product[i], in.amount[i]});
      products = std::max(products, all.back().product + 1);
    }
    std::sort(all.begin(), all.end(), [](const flow& a, const flow& b) {
      if (a.buyer != b.buyer) return a.buyer < b.buyer;
      if (a.product != b.product) return a.product < b.product;
      if (a.seller != b.seller) return a.seller < b.seller;
      return a.amount < b.amount;
    });
    std::vector<double> market(products, 0.0);
    output_.assign(firms_, 0.0);
    for (const flow& f : all) market[f.product] += f.amount, output_[f.seller] += f.amount;
    for (const double x : output_) total_ += x;
    std::vector<std::vector<double>> sold(firms_);  // of each firm, by product: few
    std::vector<std::vector<std::uint32_t>> what(firms_);
    for (const flow& f : all) {
      auto at = std::find(what[f.seller].begin(), what[f.seller].end(), f.product);
      if (at == what[f.seller].end()) what[f.seller].push_back(f.product), sold[f.seller].push_back(0), at = what[f.seller].end() - 1;
      sold[f.seller][static_cast<std::size_t>(at - what[f.seller].begin())] += f.amount;
    }
    start_.assign(firms_ + 1, 0);
    for (const flow& f : all) {
      const auto at = static_cast<std::size_t>(std::find(what[f.seller].begin(), what[f.seller].end(), f.product) - what[f.seller].begin());
      const bool essential = options_.essential.empty() || (f.product < options_.essential.size() && options_.essential[f.product] != 0);
      rows_.push_back({f.seller, f.product, essential, f.amount, sold[f.seller][at] / market[f.product]});
      ++start_[f.buyer + 1];
    }
    for (std::size_t i = 0; i < firms_; ++i) start_[i + 1] += start_[i];
  }

  [[nodiscard]] std::size_t firms() const noexcept { return firms_; }

  /// Levels after the failing firms fall to `rest` of their production.
  [[nodiscard]] levels after(std::span<const std::uint32_t> failing, double rest = 0) const {
    std::vector<double> cap(firms_, 1.0);
    for (const std::uint32_t i : failing) {
      if (i >= firms_) throw error(errc::out_of_domain, "graph::systemic_risk: firm " + std::to_string(i) + " of " + std::to_string(firms_));
      cap[i] = std::clamp(rest, 0.0, 1.0);
    }
    levels now{cap, cap, 0};
    std::vector<double> down(firms_), up(firms_);
    for (bool moving = true; moving && now.rounds < options_.max_rounds; ++now.rounds) {
      moving = false;
      std::fill(up.begin(), up.end(), 0.0);
      for (std::size_t i = 0; i < firms_; ++i) {
        down[i] = std::min({cap[i], now.down[i], delivered(i, now.down)});
        for (std::uint64_t e = start_[i]; e < start_[i + 1]; ++e) up[rows_[e].seller] += rows_[e].amount * now.up[i];
      }
      for (std::size_t i = 0; i < firms_; ++i) {
        up[i] = std::min({cap[i], now.up[i], output_[i] > 0 ? up[i] / output_[i] : 1.0});
        moving |= falls(now.down[i], down[i]) || falls(now.up[i], up[i]);
      }
      std::swap(down, now.down), std::swap(up, now.up);
    }
    return now;
  }
  /// Part of all output that is lost at some levels.
  [[nodiscard]] double lost(const levels& at) const noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < firms_; ++i) sum += output_[i] * (1 - std::min(at.down[i], at.up[i]));
    return total_ > 0 ? sum / total_ : unknown;
  }
  /// The index of the asked firms; empty: of all.
  [[nodiscard]] systemic_risk_of index(std::span<const std::uint32_t> who = {}) const {
    const std::size_t n = who.empty() ? firms_ : who.size();
    systemic_risk_of out;
    out.index.resize(n), out.output.resize(n), out.rounds.resize(n);
    parallel_blocks(
        n, 4,
        [&](std::size_t begin, std::size_t end, std::size_t) {
          for (std::size_t k = begin; k < end; ++k) {
            const std::uint32_t i = who.empty() ? static_cast<std::uint32_t>(k) : who[k];
            const levels l = after({&i, 1});
            out.index[k] = lost(l);
            out.output[k] = total_ > 0 ? output_[i] / total_ : unknown;
            out.rounds[k] = l.rounds;
          }
        },
        options_.threads);
    return out;
  }

 private:
  struct row {
    std::uint32_t seller, product;
    bool essential;
    double amount, share;
  };
  void check(const firm_flows& in) const {
    const auto same = [&](std::size_t n, const char* name) {
      if (n != in.amount.size())
        throw error(errc::size_mismatch, std::string("graph::systemic_risk: '") + name + "' has " + std::to_string(n) + " rows, 'amount' has " +
                                             std::to_string(in.amount.size()));
    };
    same(in.seller.size(), "seller"), same(in.buyer.size(), "buyer");
    if (!in.product.empty()) same(in.product.size(), "product");
    for (const auto column : {in.seller, in.buyer})
      for (const std::uint32_t i : column)
        if (i >= in.firms) throw error(errc::out_of_domain, "graph::systemic_risk: firm " + std::to_string(i) + " of " + std::to_string(in.firms));
    if (!(options_.base >= 0 && options_.base <= 1))
      throw error(errc::out_of_domain, "graph::systemic_risk: base is " + std::to_string(options_.base) + ", wanted inside [0, 1]");
    if (!(options_.tol > 0)) throw error(errc::out_of_domain, "graph::systemic_risk: tol must be above 0");
  }
  [[nodiscard]] bool falls(double from, double to) const noexcept { return from - to > options_.tol * std::max(from, options_.tol); }
  [[nodiscard]] double delivered(std::size_t i, const std::vector<double>& h) const noexcept {
    double level = 1, other = 0, other_all = 0;
    for (std::uint64_t e = start_[i]; e < start_[i + 1];) {
      double came = 0, all = 0;
      const std::uint64_t first = e;
      for (; e < start_[i + 1] && rows_[e].product == rows_[first].product; ++e) {
        came += rows_[e].amount * (1 - rows_[e].share * (1 - h[rows_[e].seller]));
        all += rows_[e].amount;
      }
      if (rows_[first].essential) level = std::min(level, came / all);
      else other += came, other_all += all;
    }
    return other_all > 0 ? std::min(level, options_.base + (1 - options_.base) * other / other_all) : level;
  }

  risk_options options_;
  std::size_t firms_ = 0;
  double total_ = 0;
  std::vector<double> output_;
  std::vector<std::uint64_t> start_;
  std::vector<row> rows_;
};

}  // namespace guanxi::graph
