#pragma once
#include <cmath>
#include <cstdint>

namespace guanxi {

/// Compensated sum of doubles in the order given.
/// Error at most 2 eps |sum| + O(n eps^2) sum|x|. Costs 4 additions a term.
/// Source: Neumaier (1974), ZAMM 54, 39-51.
class running_sum {
 public:
  constexpr void add(double x) noexcept {
    const double total = sum_ + x;
    const double larger = sum_ < 0 ? -sum_ : sum_;
    const double other = x < 0 ? -x : x;
    rest_ += larger >= other ? (sum_ - total) + x : (x - total) + sum_;
    sum_ = total;
  }
  [[nodiscard]] constexpr double value() const noexcept { return sum_ + rest_; }

 private:
  double sum_ = 0.0;
  double rest_ = 0.0;
};

/// Sum of amounts of money that does not depend on their order: the same bits for every order and grouping.
///
/// Whole units are kept in 64 bits and fractions in steps of 2^-52, both as integers.
/// Takes   finite amounts with |x| < 2^62 in total (4.6e18); a fraction finer than 2^-52 is cut.
/// Costs   about two nanoseconds a term, no allocation.
class exact_sum {
 public:
  void add(double x) noexcept {
    const double whole = std::floor(x);
    whole_ += static_cast<std::int64_t>(whole);
    part_ += static_cast<std::uint64_t>((x - whole) * step);
    carry();
  }
  void add(const exact_sum& other) noexcept {
    whole_ += other.whole_;
    part_ += other.part_;
    carry();
  }
  [[nodiscard]] double value() const noexcept {
    return static_cast<double>(whole_) + static_cast<double>(part_) / step;
  }

 private:
  static constexpr double step = 4503599627370496.0;  // 2^52
  void carry() noexcept {
    whole_ += static_cast<std::int64_t>(part_ >> 52);
    part_ &= (std::uint64_t{1} << 52) - 1;
  }
  std::int64_t whole_ = 0;
  std::uint64_t part_ = 0;
};

}  // namespace guanxi
