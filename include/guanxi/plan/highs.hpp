#pragma once
// HiGHS beside our own search, asked for by name: its C library is opened at run time, nothing is linked, nothing needs it.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <guanxi/plan/allocate.hpp>
#include <guanxi/plan/core.hpp>

namespace guanxi::plan {

/// The C library of HiGHS (highs_c_api.h, 32-bit integers), opened at run time.
class highs_library {
 public:
  /// Takes   path: of libhighs; empty: the environment's GUANXI_HIGHS, then the system's libhighs.
  /// Fails   errc::io when there is none that can be opened, with the reason.
  explicit highs_library(const std::string& path = "") {
    std::vector<std::string> names{path};
    if (path.empty()) {
      const char* given = std::getenv("GUANXI_HIGHS");
      names = given != nullptr ? std::vector<std::string>{given}
                               : std::vector<std::string>{"libhighs.so", "libhighs.so.1", "libhighs.dylib", "highs.dll"};
    }
    for (const std::string& name : names) {
      library_ = open(name);
      if (library_ != nullptr) break;
    }
    if (library_ == nullptr)
      throw error(errc::io, "plan::highs_library: '" + names.front() + "' cannot be opened: give the path of HiGHS's C library, or set GUANXI_HIGHS");
    const bool all = take("Highs_create", create) && take("Highs_destroy", destroy) && take("Highs_version", version_of) &&
                     take("Highs_passMip", pass) && take("Highs_run", run) && take("Highs_setBoolOptionValue", set_bool) &&
                     take("Highs_setDoubleOptionValue", set_double) && take("Highs_getSolution", solution) &&
                     take("Highs_getDoubleInfoValue", info) && take("Highs_getModelStatus", status);
    if (!all) throw error(errc::io, "plan::highs_library: '" + names.front() + "' is not HiGHS's C library");
  }
  [[nodiscard]] std::string version() const { return version_of(); }

  void* (*create)() = nullptr;
  void (*destroy)(void*) = nullptr;
  const char* (*version_of)() = nullptr;
  int (*pass)(void*, int, int, int, int, int, double, const double*, const double*, const double*, const double*, const double*,
              const int*, const int*, const double*, const int*) = nullptr;
  int (*run)(void*) = nullptr;
  int (*set_bool)(void*, const char*, int) = nullptr;
  int (*set_double)(void*, const char*, double) = nullptr;
  int (*solution)(const void*, double*, double*, double*, double*) = nullptr;
  int (*info)(const void*, const char*, double*) = nullptr;
  int (*status)(const void*) = nullptr;

 private:
#if defined(_WIN32)
  static void* open(const std::string& name) { return reinterpret_cast<void*>(LoadLibraryA(name.c_str())); }
  static void* symbol(void* library, const char* name) {
    return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
  }
#else
  static void* open(const std::string& name) { return dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL); }
  static void* symbol(void* library, const char* name) { return dlsym(library, name); }
#endif
  template <class F>
  bool take(const char* name, F& into) {
    into = reinterpret_cast<F>(symbol(library_, name));
    return into != nullptr;
  }
  void* library_ = nullptr;  // stays open: HiGHS keeps threads
};

/// Settings of plan::allocate_by_highs.
struct highs_settings {
  double seconds = 60.0;  // where it stops; results then depend on the machine
  double gap = 1e-9;      // relative, at which it stops
  bool core = true;       // our prices close levels first; false: the whole book
};

/// The same problem as allocate(), solved by HiGHS: a second opinion, or a proof of a core that our nodes do not reach.
///
/// Takes   as allocate; an open library.
/// Gives   a plan that keeps the rows, never worse than allocate()'s; its bound is the lower of ours and HiGHS's; prices are ours.
/// Fails   as allocate; errc::io when HiGHS refuses the model.
/// Costs   what HiGHS takes, within how.seconds; `core` is far quicker.
/// Beware  HiGHS works to 1e-6 of a row: a plan of its that breaks a budget by that is mended or refused here.
[[nodiscard]] inline allocation allocate_by_highs(const highs_library& highs, const book& b, std::span<const double> budget,
                                                  const settings& set = {}, const highs_settings& how = {}) {
  settings ours = set;
  ours.exact = proof::none;
  allocation plan = allocate(b, budget, ours);
  if (!plan.failing.empty() || b.accounts() == 0 || plan.gap <= 1e-12) return plan;
  const detail::restricted open = detail::restrict_book(b, budget, set);
  const detail::problem& p = open.p;
  std::vector<double> l(plan.prices.begin(), plan.prices.end());
  l.insert(l.end(), plan.limit_prices.begin(), plan.limit_prices.end());
  const double size = std::max(std::abs(plan.bound), std::abs(plan.value));
  const double room = how.core ? (plan.dual - plan.value) * (1 + 1e-9) + 1e-12 * size : std::numeric_limits<double>::infinity();
  const detail::problem core = detail::core_of(p, l, room);
  const auto n = static_cast<int>(core.n), dims = static_cast<int>(core.rows.size());
  const detail::membership member(core);
  std::vector<double> upper(core.value.size(), 1.0), lower(upper.size(), 0.0), row_low(core.n, 1.0), row_high(core.n, 1.0), entry;
  std::vector<int> from{0}, index, whole(upper.size(), 1);
  for (std::size_t i = 0; i < core.n; ++i)
    for (std::uint64_t r = core.start[i]; r < core.start[i + 1]; ++r) {
      index.push_back(static_cast<int>(i)), entry.push_back(1.0);
      for (const std::size_t d : member.of(core.class_of(i)))
        if (const double c = core.cost[r * core.k + core.rows[d].budget]; c != 0.0)
          index.push_back(n + static_cast<int>(d)), entry.push_back(c / core.rows[d].scale);
      from.push_back(static_cast<int>(index.size()));
    }
  for (const detail::row& d : core.rows) {  // rows in parts of their amount, less what is decided
    const double left = (d.amount - detail::row_use(core, d, core.base_use)) / d.scale;
    row_low.push_back(d.sign > 0.0 ? -1e30 : left);
    row_high.push_back(d.sign > 0.0 ? left : 1e30);
  }
  const std::unique_ptr<void, void (*)(void*)> model(highs.create(), highs.destroy);
  highs.set_bool(model.get(), "output_flag", 0);
  highs.set_double(model.get(), "time_limit", how.seconds);
  highs.set_double(model.get(), "mip_rel_gap", how.gap);
  highs.set_double(model.get(), "mip_feasibility_tolerance", 1e-9);
  highs.set_double(model.get(), "primal_feasibility_tolerance", 1e-9);
  const int sent = highs.pass(model.get(), static_cast<int>(upper.size()), n + dims, static_cast<int>(index.size()), 1, -1, core.base_value,
                              core.value.data(), lower.data(), upper.data(), row_low.data(), row_high.data(), from.data(), index.data(),
                              entry.data(), whole.data());
  if (sent < 0 || highs.run(model.get()) < 0) throw error(errc::io, "plan::allocate_by_highs: HiGHS refused the model");
  constexpr int optimal = 7;
  double bound = 0.0;
  const bool ended = highs.status(model.get()) == optimal;
  if (highs.info(model.get(), "mip_dual_bound", &bound) >= 0 && std::isfinite(bound)) plan.bound = std::min(plan.bound, std::max(bound, plan.value));
  std::vector<double> share(upper.size(), 0.0);
  detail::draft x;
  x.choice.resize(p.n);
  const std::vector<std::uint32_t> before = plan.level;
  if (highs.solution(model.get(), share.data(), nullptr, nullptr, nullptr) >= 0) {
    std::vector<double> net;
    std::vector<double> e;
    detail::class_prices(p, l, e);
    for (std::size_t i = 0; i < p.n; ++i) {  // outside the core: the best level at the prices
      double top = -std::numeric_limits<double>::infinity();
      for (std::uint64_t r = p.start[i]; r < p.start[i + 1]; ++r) {
        double worth = p.value[r];
        for (std::size_t d = 0; d < p.k; ++d) worth -= e[p.class_of(i) * p.k + d] * p.cost[r * p.k + d];
        if (worth > top) top = worth, x.choice[i] = static_cast<std::uint32_t>(r - p.start[i]);
      }
    }
    for (std::size_t c = 0; c < core.n; ++c) {
      std::uint64_t best = core.start[c];
      for (std::uint64_t r = core.start[c]; r < core.start[c + 1]; ++r)
        if (share[r] > share[best]) best = r;
      const std::uint32_t i = core.own->account[c];
      x.choice[i] = static_cast<std::uint32_t>(core.own->source[best] - p.start[i]);
    }
    detail::recount(p, x);
    std::vector<std::uint32_t> levels(p.n);
    for (std::size_t i = 0; i < p.n; ++i) levels[i] = open.level(b, i, x.choice[i]);
    if (detail::kept(p, x) && x.value > plan.value) {
      settings taken = ours;  // the same book with every account at HiGHS's level: its sums and losses by one road
      taken.present = levels;
      taken.start_prices = l;
      const allocation again = allocate(b, budget, taken);
      if (again.value >= x.value * (1 - 1e-12)) {
        plan.level = again.level, plan.used = again.used, plan.loss = again.loss, plan.net = again.net;
        plan.limit_used = again.limit_used, plan.value = again.value;
      }
    }
  }
  plan.bound = std::max(plan.bound, plan.value);
  if (ended && plan.bound - plan.value <= 1e-9 * size) plan.bound = plan.value;
  plan.core = core.value.size();
  plan.gap = plan.bound == plan.value ? 0.0 : (plan.bound - plan.value) / std::abs(plan.bound);
  plan.status = (plan.gap <= 1e-12 ? "optimal" : "within " + detail::gap_text(plan.gap)) + " by HiGHS " + highs.version();
  return plan;
}

}  // namespace guanxi::plan
