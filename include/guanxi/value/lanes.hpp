#pragma once
// Four numbers at a time: exp and log without branches, the same bits with SSE2 and with AVX2 (no fused operations).
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__GNUC__) && defined(__x86_64__)
#define GUANXI_LANES_WIDE __attribute__((target("avx2")))
#else
#define GUANXI_LANES_WIDE
#endif
#if defined(__GNUC__)
#define GUANXI_LANES_INLINE [[gnu::always_inline]] inline
#else
#define GUANXI_LANES_INLINE inline
#endif

namespace guanxi::value::detail {

/// True when this processor has AVX2: the copy of a kernel that is compiled for it may be called.
[[nodiscard]] inline bool wide_lanes() noexcept {
#if defined(__GNUC__) && defined(__x86_64__)
  static const bool yes = __builtin_cpu_supports("avx2") != 0;
  return yes;
#else
  return false;
#endif
}

#if defined(__GNUC__)
using lanes = double __attribute__((vector_size(32)));
using lane_bits = std::uint64_t __attribute__((vector_size(32)));

GUANXI_LANES_INLINE void set_lanes(lanes& out, double v) noexcept { out = lanes{v, v, v, v}; }
/// out = the larger, or smaller, of x and v.
GUANXI_LANES_INLINE void at_least_lanes(const lanes& x, double v, lanes& out) noexcept { out = x > v ? x : lanes{v, v, v, v}; }
GUANXI_LANES_INLINE void at_most_lanes(const lanes& x, double v, lanes& out) noexcept { out = x < v ? x : lanes{v, v, v, v}; }

/// out = e^x, relative error at most 4e-16; x is held in -708 .. 709.
GUANXI_LANES_INLINE void exp_lanes(const lanes& given, lanes& out) noexcept {
  lanes x = given < -708.0 ? lanes{-708, -708, -708, -708} : given;
  x = x > 709.0 ? lanes{709, 709, 709, 709} : x;
  constexpr double magic = 6755399441055744.0;  // 1.5 2^52: adding it rounds to whole numbers
  const lanes shifted = x * 1.44269504088896340736 + magic;
  const lanes k = shifted - magic;
  const lanes r = (x - k * 0.693145751953125) - k * 1.42860682030941723212e-6;
  lanes p = r * (1.0 / 479001600) + 1.0 / 39916800;
  p = p * r + 1.0 / 3628800;
  p = p * r + 1.0 / 362880;
  p = p * r + 1.0 / 40320;
  p = p * r + 1.0 / 5040;
  p = p * r + 1.0 / 720;
  p = p * r + 1.0 / 120;
  p = p * r + 1.0 / 24;
  p = p * r + 1.0 / 6;
  p = p * r + 0.5;
  p = p * (r * r) + r;
  p = p + 1.0;
  const lane_bits scaled = reinterpret_cast<lane_bits>(p) + (reinterpret_cast<lane_bits>(shifted) << 52);
  out = reinterpret_cast<lanes>(scaled);
}

/// out = ln x for x > 0 that is no denormal; error at most 3e-16 (1 + |result|).
GUANXI_LANES_INLINE void log_lanes(const lanes& x, lanes& out) noexcept {
  constexpr std::uint64_t root = 0x3fe6a09e667f3bcdu, one = 0x3ff0000000000000u;
  const lane_bits bits = reinterpret_cast<lane_bits>(x);
  const lane_bits k = (bits + (one - root)) >> 52;
  const lane_bits mantissa = bits - (k << 52) + one;
  const lane_bits raised = k + 0x4330000000000000u;
  const lanes power = reinterpret_cast<lanes>(raised) - (4503599627370496.0 + 1023.0);
  const lanes m = reinterpret_cast<lanes>(mantissa);
  const lanes f = m - 1.0;
  const lanes s = f / (2.0 + f), z = s * s;
  lanes p = z * (1.0 / 21) + 1.0 / 19;
  p = p * z + 1.0 / 17;
  p = p * z + 1.0 / 15;
  p = p * z + 1.0 / 13;
  p = p * z + 1.0 / 11;
  p = p * z + 1.0 / 9;
  p = p * z + 1.0 / 7;
  p = p * z + 0.2;
  p = p * z + 1.0 / 3;
  const lanes half = 0.5 * f * f;
  out = power * 0.693147180369123816490 + (f - (half - (s * (half + 2.0 * z * p) + power * 1.90821492927058770002e-10)));
}

/// out = ln(1 + y) for y >= 0: absolute error at most 3e-16 (1 + result).
GUANXI_LANES_INLINE void log1p_lanes(const lanes& y, lanes& out) noexcept {
  const lanes u = 1.0 + y;
  log_lanes(u, out);
  out += (y - (u - 1.0)) / u;
}
#else
struct lanes {
  double v[4];
  double operator[](int i) const { return v[i]; }
  double& operator[](int i) { return v[i]; }
};
#define GUANXI_LANES_OP(op)                                                                                              \
  inline lanes operator op(const lanes& a, const lanes& b) {                                                            \
    return {{a.v[0] op b.v[0], a.v[1] op b.v[1], a.v[2] op b.v[2], a.v[3] op b.v[3]}};                                  \
  }                                                                                                                     \
  inline lanes operator op(const lanes& a, double b) { return {{a.v[0] op b, a.v[1] op b, a.v[2] op b, a.v[3] op b}}; } \
  inline lanes operator op(double a, const lanes& b) { return {{a op b.v[0], a op b.v[1], a op b.v[2], a op b.v[3]}}; } \
  inline lanes& operator op##=(lanes& a, const lanes& b) { return a = a op b; }
GUANXI_LANES_OP(+)
GUANXI_LANES_OP(-)
GUANXI_LANES_OP(*)
GUANXI_LANES_OP(/)
#undef GUANXI_LANES_OP
inline void set_lanes(lanes& out, double v) noexcept { out = {{v, v, v, v}}; }
inline void at_least_lanes(const lanes& x, double v, lanes& out) noexcept {
  for (int i = 0; i < 4; ++i) out.v[i] = x.v[i] > v ? x.v[i] : v;
}
inline void at_most_lanes(const lanes& x, double v, lanes& out) noexcept {
  for (int i = 0; i < 4; ++i) out.v[i] = x.v[i] < v ? x.v[i] : v;
}
inline void exp_lanes(const lanes& x, lanes& out) noexcept {
  for (int i = 0; i < 4; ++i) out.v[i] = std::exp(x.v[i]);
}
inline void log_lanes(const lanes& x, lanes& out) noexcept {
  for (int i = 0; i < 4; ++i) out.v[i] = std::log(x.v[i]);
}
inline void log1p_lanes(const lanes& x, lanes& out) noexcept {
  for (int i = 0; i < 4; ++i) out.v[i] = std::log1p(x.v[i]);
}
#endif

/// Four numbers in a row of a column.
GUANXI_LANES_INLINE void load_lanes(const double* from, lanes& out) noexcept { std::memcpy(&out, from, sizeof(out)); }
GUANXI_LANES_INLINE void store_lanes(const lanes& x, double* to) noexcept { std::memcpy(to, &x, sizeof(x)); }

[[nodiscard]] GUANXI_LANES_INLINE double sum_lanes(const lanes& x) noexcept { return (x[0] + x[1]) + (x[2] + x[3]); }

}  // namespace guanxi::value::detail
