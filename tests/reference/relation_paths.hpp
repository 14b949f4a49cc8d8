#pragma once
// The hidden chain by adding up every path: slow and obvious.
#include <cmath>
#include <cstddef>
#include <functional>
#include <vector>

namespace reference {

struct path_sums {
  double likelihood = 0.0;
  std::vector<double> filtered, smoothed;  // T x S
  std::vector<double> moves;               // S x S, expected
};

/// density(t, s): f(y_t | s), 1 where nothing was seen; move(t, r, s): into period t.
inline path_sums all_paths(std::size_t T, std::size_t S, const std::vector<double>& initial, const std::function<double(std::size_t, std::size_t)>& density,
                           const std::function<double(std::size_t, std::size_t, std::size_t)>& move) {
  const auto joint = [&](std::size_t length, const std::function<void(const std::vector<std::size_t>&, double)>& use) {
    std::size_t paths = 1;
    for (std::size_t t = 0; t < length; ++t) paths *= S;
    for (std::size_t code = 0; code < paths; ++code) {
      std::vector<std::size_t> s(length);
      for (std::size_t t = 0, rest = code; t < length; ++t, rest /= S) s[t] = rest % S;
      double p = initial[s[0]] * density(0, s[0]);
      for (std::size_t t = 1; t < length; ++t) p *= move(t, s[t - 1], s[t]) * density(t, s[t]);
      use(s, p);
    }
  };
  path_sums out;
  out.filtered.assign(T * S, 0.0), out.smoothed.assign(T * S, 0.0), out.moves.assign(S * S, 0.0);
  for (std::size_t t = 1; t <= T; ++t) {
    double total = 0.0;
    joint(t, [&](const auto& s, double p) { out.filtered[(t - 1) * S + s[t - 1]] += p, total += p; });
    for (std::size_t s = 0; s < S; ++s) out.filtered[(t - 1) * S + s] /= total;
    if (t == T) out.likelihood = total;
  }
  joint(T, [&](const auto& s, double p) {
    p /= out.likelihood;
    for (std::size_t t = 0; t < T; ++t) out.smoothed[t * S + s[t]] += p;
    for (std::size_t t = 1; t < T; ++t) out.moves[s[t - 1] * S + s[t]] += p;
  });
  return out;
}

}  // namespace reference
