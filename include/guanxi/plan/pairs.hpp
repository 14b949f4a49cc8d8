#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/base/error.hpp>
#include <guanxi/base/interval.hpp>

namespace guanxi::plan {

/// What accounts need of a manager; places in degrees, NaN = not known. Bits: language 3 is bit 3.
struct account_needs {
  std::span<const double> value, hours;
  std::span<const std::uint64_t> languages;  // any of these does; 0: any language; empty: nobody asks
  std::span<const std::uint64_t> skills;     // product skills wanted, all of them; empty: none
  std::span<const double> latitude, longitude;  // empty: nowhere
  std::span<const double> visits;               // journeys over the horizon; empty: 0
};

/// What managers bring.
struct manager_skills {
  std::span<const std::uint64_t> languages, skills;
  std::span<const double> latitude, longitude;
  std::size_t managers = 0;
};

/// How a pair is weighed.
struct pair_rules {
  double missing_skill = 0.25;    // part of the value lost for each skill that is missing, until nothing is left
  double hours_per_1000_km = 2.5; // of travel, each way
  double farthest = 0.0;          // km; pairs further apart are not allowed; 0: no limit
};

/// Pairs that may work, with the value and hours that each would have: input of plan::assign.
struct pair_columns {
  std::vector<std::uint32_t> account, manager;
  std::vector<double> value, hours, distance;  // distance in km, NaN = not known
};

/// Kilometres between two places on a sphere of 6371 km. Source: haversine formula.
[[nodiscard]] inline double distance_km(double lat1, double lon1, double lat2, double lon2) {
  constexpr double to_radian = 3.14159265358979323846 / 180.0;
  const double a = std::sin(0.5 * (lat2 - lat1) * to_radian), b = std::sin(0.5 * (lon2 - lon1) * to_radian);
  const double h = a * a + std::cos(lat1 * to_radian) * std::cos(lat2 * to_radian) * b * b;
  return 2.0 * 6371.0 * std::asin(std::min(1.0, std::sqrt(h)));
}

/// All pairs of account and manager that share a language, with value less for missing skills and hours more for travel.
///
/// Takes   needs and skills as columns of bits; rules.
/// Gives   pairs in the order of accounts, then managers; an account without any pair gets none (assign names it).
/// Fails   errc::size_mismatch, naming the column.
/// Costs   O(accounts x managers).
[[nodiscard]] inline pair_columns pairs(const account_needs& a, const manager_skills& m, const pair_rules& rules = {}) {
  const std::size_t n = a.value.size();
  const auto want = [](std::size_t have, std::size_t wanted, const char* name, bool may_miss) {
    if (have != wanted && !(may_miss && have == 0))
      throw error(errc::size_mismatch, std::string("plan::pairs: '") + name + "' has " + std::to_string(have) +
                                           " entries, wanted " + std::to_string(wanted));
  };
  want(a.hours.size(), n, "hours", false);
  want(a.languages.size(), n, "languages", true);
  want(a.skills.size(), n, "skills", true);
  want(a.latitude.size(), n, "latitude", true);
  want(a.longitude.size(), a.latitude.size(), "longitude", false);
  want(a.visits.size(), n, "visits", true);
  want(m.languages.size(), m.managers, "languages of managers", true);
  want(m.skills.size(), m.managers, "skills of managers", true);
  want(m.latitude.size(), m.managers, "latitude of managers", true);
  want(m.longitude.size(), m.latitude.size(), "longitude of managers", false);
  pair_columns out;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < m.managers; ++j) {
      if (!a.languages.empty() && !m.languages.empty() && a.languages[i] != 0 && (a.languages[i] & m.languages[j]) == 0)
        continue;
      double far = unknown;
      if (!a.latitude.empty() && !m.latitude.empty())
        far = distance_km(a.latitude[i], a.longitude[i], m.latitude[j], m.longitude[j]);
      if (rules.farthest > 0.0 && far > rules.farthest) continue;
      const std::uint64_t lacks = a.skills.empty() || m.skills.empty() ? 0 : a.skills[i] & ~m.skills[j];
      const double fit = std::max(0.0, 1.0 - rules.missing_skill * std::popcount(lacks));
      const double journeys = a.visits.empty() ? 0.0 : a.visits[i];
      out.account.push_back(static_cast<std::uint32_t>(i));
      out.manager.push_back(static_cast<std::uint32_t>(j));
      out.value.push_back(a.value[i] * fit);
      out.hours.push_back(a.hours[i] + (std::isnan(far) ? 0.0 : 2.0 * journeys * rules.hours_per_1000_km * far / 1000.0));
      out.distance.push_back(far);
    }
  return out;
}

}  // namespace guanxi::plan
