#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include <guanxi/base/interval.hpp>

namespace guanxi::value {

/// Effects of several groups, each pulled to their common mean as far as chance explains how they differ.
struct shrunk_effects {
  std::vector<double> effect, deviation;  // from the mean; and its standard deviation
  double mean = 0;
  double spread = 0;  // standard deviation between groups that is more than chance; 0: they are alike
};

/// Takes   seen: the effect that each group shows; variance: of it by chance, > 0 (infinite: nothing was seen).
/// Gives   spread^2 by the moment of Q = sum (seen - mean)^2 / variance, counted only where Q is more than one standard
///         deviation above what chance gives, so that groups that do not matter come out as exactly 0; effects of the normal
///         hierarchy given that spread. One group: effect 0.
/// Source  DerSimonian and Laird (1986), Controlled Clinical Trials 7, 177-188; Efron and Morris (1975), JASA 70, 311-319.
[[nodiscard]] inline shrunk_effects shrink(std::span<const double> seen, std::span<const double> variance) {
  shrunk_effects out;
  out.effect.assign(seen.size(), 0.0), out.deviation.assign(seen.size(), 0.0);
  double w = 0, wz = 0, ww = 0, groups = 0;
  for (std::size_t g = 0; g < seen.size(); ++g) {
    if (!(variance[g] > 0) || !std::isfinite(variance[g]) || !std::isfinite(seen[g])) continue;
    const double here = 1 / variance[g];
    w += here, wz += here * seen[g], ww += here * here, groups += 1;
  }
  if (groups == 0) return out;
  out.mean = wz / w;
  if (groups < 2) return out;
  double q = 0;
  for (std::size_t g = 0; g < seen.size(); ++g)
    if (variance[g] > 0 && std::isfinite(variance[g]) && std::isfinite(seen[g])) q += (seen[g] - out.mean) * (seen[g] - out.mean) / variance[g];
  const double square = std::max(0.0, (q - (groups - 1) - std::sqrt(2 * (groups - 1))) / (w - ww / w));
  out.spread = std::sqrt(square);
  w = wz = 0;
  const auto usable = [&](std::size_t g) { return variance[g] > 0 && std::isfinite(variance[g]) && std::isfinite(seen[g]); };
  for (std::size_t g = 0; g < seen.size(); ++g)
    if (usable(g)) w += 1 / (square + variance[g]), wz += seen[g] / (square + variance[g]);
  out.mean = wz / w;
  for (std::size_t g = 0; g < seen.size(); ++g) {
    const double part = usable(g) ? square / (square + variance[g]) : 0.0;
    if (part > 0) out.effect[g] = part * (seen[g] - out.mean);
    out.deviation[g] = std::sqrt(square * (1 - part));
  }
  return out;
}

}  // namespace guanxi::value
