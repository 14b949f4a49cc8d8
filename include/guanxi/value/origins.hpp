#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <guanxi/base/day.hpp>

namespace guanxi::value {

/// Dates inside the past at which a forecast is tried on what then happened.
struct origin_plan {
  std::vector<day> at;        // origins, latest first
  std::vector<bool> seasonal; // at the same time of the year as the forecast itself
  std::vector<std::int64_t> ahead;  // days that are tried at each origin
  std::int64_t horizon = 0;   // days ahead that are tried: the wanted horizon, or shorter on a short ledger
  bool shortened = false;
};

/// Origins for a forecast of `horizon` days from `end` on: one every half horizon, at most six, while as much history as the
/// horizon (and 13 weeks) remains before; and the same date of up to three earlier years.
/// A ledger too short for one such origin is cut in two halves, the first of which forecasts the second. Nothing after `end` is ever used.
[[nodiscard]] inline origin_plan plan_origins(day start, day end, std::int64_t horizon) {
  origin_plan out;
  const std::int64_t length = static_cast<std::int64_t>(end) - start + 1;
  out.horizon = horizon;
  const std::int64_t need = std::max<std::int64_t>(horizon, 91);
  if (length < horizon + need) {
    out.shortened = true;
    out.horizon = std::min(length / 2, horizon);
    if (out.horizon < 7) return out;
    out.at.push_back(static_cast<day>(end - out.horizon));
    out.ahead.push_back(out.horizon);
    out.seasonal.push_back(false);
    return out;
  }
  if (out.horizon < 7) return out;
  for (std::int64_t j = 0; j < 6; ++j) {
    const std::int64_t at = end - out.horizon - j * (out.horizon + 1) / 2;
    if (at - start + 1 < need) break;
    out.at.push_back(static_cast<day>(at));
    out.ahead.push_back(horizon);
    out.seasonal.push_back(false);
  }
  for (std::int64_t year = 1; year <= 3; ++year) {
    const std::int64_t at = static_cast<std::int64_t>(end) - 364 * year;
    if (at + out.horizon > end || at - start + 1 < need) continue;
    bool near = false;
    for (std::size_t i = 0; i < out.at.size(); ++i)
      if (std::abs(out.at[i] - at) <= 21) out.seasonal[i] = near = true;
    if (near) continue;
    out.at.push_back(static_cast<day>(at));
    out.ahead.push_back(horizon);
    out.seasonal.push_back(true);
  }
  return out;
}

}  // namespace guanxi::value
