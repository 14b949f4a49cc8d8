// Random summaries and parameters, valid and broken: no crash, no NaN for what is valid, a sentence for what is not.
// Usage: value_fuzz [--minutes M] [--seed S]; prints what it found and returns 1 when something was wrong.
#include <cmath>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>
#include <guanxi/value/bgbb.hpp>
#include <guanxi/value/customer_value.hpp>
#include <guanxi/value/gamma_gamma.hpp>
#include <guanxi/value/posterior.hpp>
#include <guanxi/value/purchase_intervals.hpp>
#include <guanxi/value/sbg.hpp>
#include <guanxi/value/snapshot.hpp>

namespace {
using namespace guanxi;
using namespace guanxi::value;

int wrong = 0;
std::uint64_t round_number = 0;

void want(bool good, const char* what) {
  if (good) return;
  if (++wrong <= 20) std::printf("round %llu: %s\n", static_cast<unsigned long long>(round_number), what);
}

double between(random_stream& r, double low, double high) { return std::pow(10, r.uniform(low, high)); }

struct rows_of {
  std::vector<double> x, t, age, w;
  [[nodiscard]] customer_rows rows() const { return {x, t, age, w}; }
};

rows_of random_rows(random_stream& r) {
  rows_of out;
  const std::size_t n = 1 + r.index(12);
  const double scale = between(r, -3, 4);
  for (std::size_t i = 0; i < n; ++i) {
    const double age = r.bernoulli(0.05) ? 0 : scale * r.uniform();
    double x = r.bernoulli(0.4) ? 0 : std::floor(between(r, 0, r.bernoulli(0.1) ? 3.7 : 1.2));
    double t = x == 0 ? 0 : r.bernoulli(0.2) ? age : age * r.uniform();
    if (!(t > 0)) x = t = 0;
    out.x.push_back(x), out.t.push_back(t), out.age.push_back(age);
    out.w.push_back(r.bernoulli(0.9) ? 1 : r.bernoulli(0.5) ? 0 : between(r, -3, 4));
  }
  return out;
}

void check_model(random_stream& r, const any_purchase& m, const rows_of& b, bool with_law) {
  const double horizon = between(r, -2, 2);
  value::detail::ahead_space space;
  for (std::size_t i = 0; i < b.x.size(); ++i) {
    const double alive = m.alive(b.x[i], b.t[i], b.age[i]), mean = m.mean(b.x[i], b.t[i], b.age[i], horizon, space);
    want(alive >= 0 && alive <= 1, "P(alive) is no probability");
    want(std::isfinite(mean) && mean >= 0, "expected purchases are no number");
    if (!with_law || mean > 3000) continue;
    m.at_least(b.x[i], b.t[i], b.age[i], horizon, space);
    double sum = 0, before = 1;
    for (std::size_t k = 1; k < space.at_least.size(); ++k) {
      want(space.at_least[k] >= 0 && space.at_least[k] <= before + 1e-9, "P(Y >= n) rises");
      sum += space.at_least[k], before = space.at_least[k];
    }
    want(std::fabs(sum - mean) <= 1e-6 * (1e-3 + mean), "the law has another mean");
  }
}

void fit_all(random_stream& r) {
  const rows_of b = random_rows(r);
  bool any = false;
  for (const double w : b.w) any = any || w > 0;
  for (int kind = 0; kind < 3; ++kind) {
    PurchaseModel m("value::fuzz", {kind == 0 ? dropout::none : kind == 1 ? dropout::after_purchase : dropout::from_start, 1, 1, 1});
    m.fit(b.rows());
    want(m.result().status != "not fitted", "no status");
    for (const double p : m.result().params) want(std::isfinite(p) && p > 0, "a parameter is no number");
    if (any) check_model(r, m, b, false);
  }
  ParetoNBD p(1);
  p.fit(b.rows());
  for (const double v : p.result().params) want(std::isfinite(v) && v > 0, "a parameter of Pareto/NBD is no number");
  if (any) check_model(r, p, b, false);
}

void given_parameters(random_stream& r) {
  const rows_of b = random_rows(r);
  const bool wild = r.bernoulli(0.3);
  const auto draw = [&](double low, double high) { return wild ? between(r, -8, 4) : between(r, low, high); };
  ParetoNBD pareto(1);
  pareto.set({draw(-1, 1), draw(-1, 2), draw(-1, 1), draw(-1, 2)});
  check_model(r, pareto, b, !wild);
  std::vector<double> out(b.x.size());
  pareto.discounted_purchases({b.x, b.t, b.age}, between(r, -5, 1), std::numeric_limits<double>::infinity(), out);
  for (const double v : out) want(std::isfinite(v) && v >= 0, "discounted purchases are no number");
  for (std::size_t i = 0; i < b.x.size(); ++i) {
    const double log = pareto_log_likelihood(pareto.parameters(), b.x[i], b.t[i], b.age[i]);
    want(std::isfinite(log), "log-likelihood is no number");
  }
  for (const dropout stop : {dropout::none, dropout::after_purchase, dropout::from_start}) {
    PurchaseModel m("value::fuzz", {stop, 1, 12, 1});
    m.set({draw(-1, 1), draw(-1, 2), draw(-1, 1), draw(-1, 1)}, 1 + static_cast<unsigned>(r.index(4)));
    check_model(r, m, b, !wild);
  }
}

void broken_rows(random_stream& r) {
  rows_of b = random_rows(r);
  const std::size_t i = r.index(b.x.size());
  const double odd[] = {std::nan(""), -1, 0.5, INFINITY, -INFINITY, 1e300};
  const double v = odd[r.index(6)];
  const bool in_x = r.bernoulli(0.5);
  (in_x ? b.x[i] : b.t[i]) = v;
  bool valid = true;
  try {
    check(b.rows(), "fuzz");
  } catch (const error&) {
    valid = false;
  }
  try {
    ParetoNBD(1).fit(b.rows());
    want(valid, "broken rows were taken");
  } catch (const error& e) {
    want(!valid && std::strlen(e.what()) > 20, "no sentence");
  }
}

void broken_snapshot(random_stream& r, const std::string& path) {
  static std::string good;
  if (good.empty()) {
    const std::vector<std::string_view> name{"a", "bb", "ccc", "a longer name than eight"}, country{"x", "y", "x", ""}, group{"p", "", "q", "q"};
    const std::vector<score_figures> f(4);
    write_snapshot(path, {name, country, group, f});
    std::ifstream in(path, std::ios::binary);
    good.assign((std::istreambuf_iterator<char>(in)), {});
  }
  std::string bytes = good;
  for (std::uint64_t k = r.index(4); k-- > 0;) bytes[r.index(bytes.size())] = static_cast<char>(r());
  if (r.bernoulli(0.3)) bytes.resize(r.index(bytes.size() + 40));
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
  try {
    const Snapshot s(path);
    for (const char* name : {"a", "ccc", "nobody", ""}) static_cast<void>(s.score({name, "x", "q"}));
  } catch (const error& e) {
    want(std::strlen(e.what()) > 20, "no sentence for a damaged file");
  }
}

void small_models(random_stream& r) {
  std::vector<double> left, x, t, n, m;
  for (std::uint64_t i = 1 + r.index(8); i-- > 0;) left.push_back(std::floor(between(r, -1, 3)));
  SBG sbg;
  std::vector<double> duration, lost;
  for (std::size_t i = 0; i < left.size(); ++i) duration.push_back(static_cast<double>(i + 1)), lost.push_back(1);
  duration.push_back(static_cast<double>(left.size())), lost.push_back(0), left.push_back(std::floor(between(r, 0, 3)));
  sbg.fit({duration, lost, left});
  for (const double v : sbg.result().params)  // NaN where nothing is known, and then the status says so
    want((std::isfinite(v) && v > 0) || (std::isnan(v) && sbg.result().status.find("identif") != std::string::npos), sbg.result().status.c_str());
  for (std::uint64_t i = 1 + r.index(20); i-- > 0;) {
    n.push_back(1 + static_cast<double>(r.index(12)));
    t.push_back(static_cast<double>(r.index(static_cast<std::uint64_t>(n.back()) + 1)));
    x.push_back(t.back() == 0 ? 0 : 1 + static_cast<double>(r.index(static_cast<std::uint64_t>(t.back()))));
    m.push_back(between(r, -3, 5));
  }
  BGBB bgbb;
  bgbb.fit({x, t, n});
  std::vector<double> out(x.size());
  bgbb.expected_purchases({x, t, n}, 5, out);
  for (const double v : out) want(std::isfinite(v) && v >= 0 && v <= 5 + 1e-9, "BG/BB expects what cannot be");
  GammaGamma gg;
  gg.fit({x, m});
  want(!gg.result().status.empty(), "no status of gamma-gamma");
}

/// Books of any shape, with seasons and properties, valid and broken: figures that are numbers in order, or a sentence.
void whole_forecast(random_stream& r) {
  std::vector<std::uint64_t> start{0};
  std::vector<day> date;
  std::vector<double> amount;
  const auto n = 1 + r.index(r.bernoulli(0.3) ? 120 : 12);
  const auto length = static_cast<std::int32_t>(1 + r.index(static_cast<std::uint64_t>(between(r, 0, 3.3))));
  const day from = static_cast<day>(static_cast<std::int64_t>(r.index(40'000)) - 20'000);
  const double scale = between(r, -6, 9), pace = between(r, -2.5, 0);
  for (std::uint64_t c = 0; c < n; ++c) {
    double at = r.uniform() * length;
    const double own = pace * r.gamma(1.0) + 1e-4;
    for (day last = -1; at < length && date.size() - start.back() < 3000; at += r.gamma(1.0) / own) {
      const auto d = static_cast<day>(at);
      if (d == last) continue;
      date.push_back(from + (last = d));
      amount.push_back(r.bernoulli(0.05) ? 0 : r.bernoulli(0.03) ? -scale * r.uniform() : scale * r.gamma(0.5));
    }
    start.push_back(date.size());
  }
  const day end = from + static_cast<day>(r.index(static_cast<std::uint64_t>(length) + 200));
  CustomerValue model({.horizon = between(r, 0, 3), .u = unit::days, .level = r.uniform(0.01, 0.99), .threads = 1});
  if (r.bernoulli(0.5)) {
    std::vector<double> index(r.bernoulli(0.8) ? 12 : 53);
    for (double& v : index) v = r.bernoulli(0.01) ? (r.bernoulli(0.5) ? unknown : -1) : between(r, -0.5, 0.5);
    model.use_season(index);
  }
  if (r.bernoulli(0.5)) {
    std::vector<std::int32_t> code(n - (r.bernoulli(0.05) ? 1 : 0));
    for (auto& c : code) c = static_cast<std::int32_t>(r.index(5)) - 1;
    model.use_property("group", code);
  }
  try {
    model.fit({start, date, amount}, end);
  } catch (const error& e) {
    want(std::strlen(e.what()) > 20, "no sentence");
    return;
  }
  const forecast f = model.predict();
  for (std::size_t c = 0; c < f.customers(); ++c) {
    const bool known = start[c] < start[c + 1] && date[start[c]] <= end;
    want(known == std::isfinite(f.purchases[c]) && known == std::isfinite(f.value[c]), "who has bought has no number, or who has not has one");
    if (!known) continue;
    want(f.p_alive[c] >= 0 && f.p_alive[c] <= 1 && f.p_buy[c] >= 0 && f.p_buy[c] <= 1, "no probability");
    want(f.purchases[c] >= 0 && f.purchases_low[c] <= f.purchases_high[c] && f.value_low[c] <= f.value_high[c], "ends of an interval out of order");
    want(std::isfinite(f.spend[c]) && std::isfinite(f.value_high[c]) && std::isfinite(f.value_median[c]), "money is no number");
    want(f.next_order[c] == no_day || f.next_order[c] > end, "the next order is in the past");
  }
  want(std::isfinite(model.purchases_total().high) && std::isfinite(model.value_total().high), "a total is no number");
}
}  // namespace

int main(int count, char** argument) {
  double minutes = 0.1;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    if (std::strcmp(argument[i], "--minutes") == 0) minutes = std::atof(argument[i + 1]);
    if (std::strcmp(argument[i], "--seed") == 0) seed = std::strtoull(argument[i + 1], nullptr, 10);
  }
  const std::string path = (std::filesystem::temp_directory_path() / ("guanxi_fuzz_" + std::to_string(seed) + ".gxs")).string();
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(60 * minutes);
  for (; std::chrono::steady_clock::now() < end; ++round_number) {
    random_stream r(seed, round_number);
    try {
      switch (r.index(8)) {
        case 0: case 1: fit_all(r); break;
        case 2: given_parameters(r); break;
        case 3: broken_rows(r); break;
        case 4: broken_snapshot(r, path); break;
        case 5: case 6: whole_forecast(r); break;
        default: small_models(r);
      }
    } catch (const std::exception& e) {
      want(false, e.what());
    }
  }
  std::filesystem::remove(path);
  std::printf("%llu rounds, %d findings\n", static_cast<unsigned long long>(round_number), wrong);
  return wrong == 0 ? 0 : 1;
}
