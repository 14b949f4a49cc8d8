#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/market/hs.hpp>

namespace guanxi::market {

/// Values in the codes of another edition.
struct converted_codes {
  std::vector<std::string> code;       // new codes, sorted
  std::vector<double> value;           // their values
  double total = 0;                    // of all values given; equals the sum of value plus unknown
  double split = 0;                    // of it, in old codes that became several: these parts rest on the weights
  double unknown = 0;                  // of it, in codes that the table does not have
  std::vector<std::size_t> unknown_rows;
};

/// A table between the codes of two editions, with what part of an old code goes to each new one.
class code_map {
 public:
  /// Takes   columns of one length: old and new codes as text; weights of 0 or more (values of both sides where known), empty: equal.
  ///         Weights of an old code that are all 0 or unknown count as equal.
  /// Fails   errc::size_mismatch; errc::duplicate for a pair given twice; errc::out_of_domain for a negative weight.
  code_map(std::span<const std::string> from, std::span<const std::string> to, std::span<const double> weight = {}) {
    if (from.size() != to.size() || (!weight.empty() && weight.size() != from.size()))
      throw error(errc::size_mismatch, "market::concordance: 'old', 'new', 'weight' have " + std::to_string(from.size()) + ", " + std::to_string(to.size()) + ", " +
                                           std::to_string(weight.size()) + " rows");
    for (std::size_t i = 0; i < from.size(); ++i) {
      const double w = weight.empty() ? 1.0 : weight[i];
      if (w < 0 || std::isinf(w)) throw error(errc::out_of_domain, "market::concordance: weight " + std::to_string(w) + " in row " + std::to_string(i) + ", wanted 0 or more");
      auto& parts = map_[from[i]];
      for (const auto& [code, part] : parts)
        if (code == to[i]) throw error(errc::duplicate, "market::concordance: " + from[i] + " -> " + to[i] + " is given twice, again in row " + std::to_string(i));
      parts.emplace_back(to[i], w);
    }
    for (auto& [code, parts] : map_) {
      double sum = 0;
      for (const auto& p : parts) sum += p.second;
      for (auto& p : parts) p.second = sum > 0 ? p.second / sum : 1.0 / static_cast<double>(parts.size());
      std::sort(parts.begin(), parts.end());
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return map_.size(); }

  /// Takes   codes and their values (negative ones too). The last part of a split code takes what the others left, so totals stay.
  /// Fails   errc::size_mismatch; errc::not_finite with the row. Costs O(rows log codes).
  [[nodiscard]] converted_codes convert(std::span<const std::string> code, std::span<const double> value) const {
    if (code.size() != value.size())
      throw error(errc::size_mismatch, "market::concordance: 'code' has " + std::to_string(code.size()) + " rows, 'value' has " + std::to_string(value.size()));
    converted_codes out;
    std::map<std::string, running_sum> sum;
    running_sum total, split, lost;
    for (std::size_t i = 0; i < code.size(); ++i) {
      if (!std::isfinite(value[i])) throw error(errc::not_finite, "market::concordance: value in row " + std::to_string(i) + " is not a finite number");
      total.add(value[i]);
      const auto at = map_.find(code[i]);
      if (at == map_.end()) {
        lost.add(value[i]), out.unknown_rows.push_back(i);
        continue;
      }
      const auto& parts = at->second;
      if (parts.size() > 1) split.add(value[i]);
      double rest = value[i];
      for (std::size_t k = 0; k < parts.size(); ++k) {
        const double piece = k + 1 < parts.size() ? value[i] * parts[k].second : rest;
        rest -= piece;
        sum[parts[k].first].add(piece);
      }
    }
    for (const auto& [name, s] : sum) out.code.push_back(name), out.value.push_back(s.value());
    out.total = total.value(), out.split = split.value(), out.unknown = lost.value();
    return out;
  }

 private:
  std::map<std::string, std::vector<std::pair<std::string, double>>> map_;
};

/// A table between two editions of the Harmonized System; the editions are part of the type, so a table of other years, or
/// codes of another edition, do not compile.
template <int From, int To>
  requires(is_hs_edition(From) && is_hs_edition(To) && From != To)
class concordance {
 public:
  concordance(std::span<const hs<From>> from, std::span<const hs<To>> to, std::span<const double> weight = {}) : map_(texts(from), texts(to), weight) {}
  [[nodiscard]] converted_codes convert(std::span<const hs<From>> code, std::span<const double> value) const { return map_.convert(texts(code), value); }
  [[nodiscard]] std::size_t size() const noexcept { return map_.size(); }

 private:
  template <int Edition>
  [[nodiscard]] static std::vector<std::string> texts(std::span<const hs<Edition>> codes) {
    std::vector<std::string> out;
    for (const auto& c : codes) out.emplace_back(c.code());
    return out;
  }
  code_map map_;
};

}  // namespace guanxi::market
