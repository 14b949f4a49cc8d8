#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/relation/emission.hpp>
#include <guanxi/relation/panel.hpp>
#include <guanxi/relation/tier.hpp>
#include <guanxi/relation/tier_parameters.hpp>
#include <guanxi/relation/tier_search.hpp>
#include <guanxi/relation/tier_settings.hpp>
#include <guanxi/relation/words.hpp>

namespace guanxi::relation {

/// Name of a state: the four tiers by their names, others by number; with `lost` state 0 is "lost".
[[nodiscard]] inline std::string state_name(const tier_settings& settings, std::size_t s) {
  if (settings.lost && s == 0) return "lost";
  const std::size_t t = s - (settings.lost ? 1 : 0);
  return settings.tiers == tier_count ? std::string(label(static_cast<tier>(t))) : "tier " + std::to_string(t);
}

namespace detail {

/// The two columns that speak most for the reported tier against the tier before (or against the likeliest other
/// one).
[[nodiscard]] inline std::string reason(const tier_settings& settings, const tier_parameters& q, const prepared& rows,
                                        std::size_t r, std::size_t now, std::size_t before, std::span<const double> p) {
  std::size_t rival = before;
  if (rival == now) {
    rival = now == 0 ? (p.size() > 1 ? 1 : 0) : 0;
    for (std::size_t s = 0; s < p.size(); ++s) {
      if (s != now && p[s] > p[rival]) rival = s;
    }
  }
  std::vector<std::pair<double, std::size_t>> found;
  for (std::size_t c = 0; c < q.laws.size(); ++c) {
    const std::uint32_t code = rows.columns[c].code[r];
    if (code == coded::missing) continue;
    const double y = rows.columns[c].value[code];
    double d = log_density(q.laws[c], now, y, rows.columns[c].length(code)) -
               log_density(q.laws[c], rival, y, rows.columns[c].length(code));
    if (std::isnan(d)) d = 0.0;
    found.emplace_back(-std::fabs(d), c);
  }
  std::sort(found.begin(), found.end());
  std::string text = state_name(settings, now) + " (" + percent_text(p[now]) + ")";
  if (before != now) text += ", before " + state_name(settings, before);
  if (found.empty()) return text + ": nothing seen in this period";
  text += ": ";
  for (std::size_t i = 0; i < std::min<std::size_t>(2, found.size()); ++i) {
    const std::size_t c = found[i].second;
    const emission& e = q.laws[c];
    if (i > 0) text += "; ";
    text += e.column + " " + money_text(rows.columns[c].value[rows.columns[c].code[r]]) + " (" +
            state_name(settings, now) + " averages " + money_text(expectation(e, now));
    if (rival != now) text += ", " + state_name(settings, rival) + " " + money_text(expectation(e, rival));
    text += ")";
  }
  return text;
}

/// What a person should know of a fit, the most important first.
[[nodiscard]] inline std::vector<std::string> tier_status(const tier_settings& settings, const prepared& rows,
                                                          const tier_found& found, int passes, bool chosen_prior) {
  std::vector<std::string> out;
  const std::size_t S = states_of(settings), low = settings.lost ? 1 : 0;
  char text[64];
  std::snprintf(text, sizeof text, "%.2g", found.gradient / static_cast<double>(rows.rows()));
  if (found.converged) {
    out.push_back("converged: gradient " + std::string(text) + " a row after " + std::to_string(passes) + " passes");
  } else if (found.stalled) {
    out.push_back("no further gain, gradient " + std::string(text) +
                  " a row: at the edge of the domain or of precision");
  } else {
    out.push_back("not converged after " + std::to_string(passes) + " passes, gradient " + std::string(text) +
                  " a row: raise max_passes");
  }
  const auto t = trace_rows(rows, found.at, true, settings.threads);
  std::vector<double> mass(S);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    for (std::size_t s = 0; s < S; ++s) mass[s] += t.smoothed[r * S + s];
  }
  for (std::size_t s = 0; s < S; ++s) {
    if (mass[s] < 1.0 && S > 1 && s >= low)
      out.push_back("tier " + std::to_string(s - low) + " is empty: " + std::to_string(settings.tiers - 1) +
                    " tiers suffice");
  }
  for (const emission& e : found.at.laws) {
    for (std::size_t s = low; e.kind == family::negative_binomial && s < S; ++s) {
      if (e.spread[s] >= largest_size)
        out.push_back("'" + e.column + "' shows no over-dispersion in tier " + std::to_string(s - low) +
                      ": equals Poisson");
    }
  }
  if (rows.customers() == 1 && rows.rows() > 1)
    out.push_back("one customer: the starting probabilities stand at a corner and mean nothing");
  if (rows.customers() == rows.rows()) out.push_back("no customer has two periods: transitions are not known");
  if (rows.inserted > 0) out.push_back(std::to_string(rows.inserted) + " periods without a row were taken as not seen");
  if (rows.holes > 0)
    out.push_back(std::to_string(rows.holes) + " covariate entries were not known and taken as average");
  if (found.at.driven.covariates > 0)
    out.push_back("effects of what people chose to do (visits) are not causal: they went where growth was expected");
  if (!found.impossible.empty()) {
    const std::uint32_t row = found.impossible[0];
    const auto at = std::upper_bound(rows.start.begin(), rows.start.end(), row) - rows.start.begin() - 1;
    out.push_back(std::to_string(found.impossible.size()) +
                  " rows fit no tier and counted as missing; the first: customer " +
                  std::to_string(rows.customer[static_cast<std::size_t>(at)]) + ", period " +
                  std::to_string(rows.first[static_cast<std::size_t>(at)] +
                                 static_cast<std::int64_t>(row - rows.start[static_cast<std::size_t>(at)])));
  }
  if (chosen_prior && settings.prior > 0.0)
    out.push_back("a book of " + std::to_string(rows.customers()) + " customers: " + count_text(settings.prior) +
                  " starts and moves were added to every cell (prior)");
  return out;
}

}  // namespace detail
}  // namespace guanxi::relation
