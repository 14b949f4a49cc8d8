#include "columns.hpp"
#include "topics.hpp"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <guanxi/review.hpp>

namespace guanxi::python {
namespace {

py::dict customers(review::customer_columns&& c) {
  py::dict out;
  const auto put = [&out](const char* name, auto&& column) { out[name] = give(std::move(column)); };
  put("sales_year", c.sales_year), put("sales_before", c.sales_before), put("orders_year", c.orders_year), put("tenure", c.tenure);
  put("last_order", c.last_order), put("next_order", c.next_order);
  put("p_alive", c.p_alive), put("p_buy", c.p_buy);
  put("purchases", c.purchases), put("purchases_low", c.purchases_low), put("purchases_high", c.purchases_high);
  put("value", c.value), put("value_low", c.value_low), put("value_high", c.value_high);
  put("wallet", c.wallet), put("wallet_low", c.wallet_low), put("wallet_high", c.wallet_high);
  put("share", c.share), put("share_low", c.share_low), put("share_high", c.share_high), put("trend", c.trend), put("p_rising", c.p_rising);
  put("dominant", c.dominant), put("dominant_share", c.dominant_share), put("p_largest", c.p_largest);
  put("tier", c.tier), put("p_tier", c.p_tier), put("level", c.level);
  put("hours", c.hours), put("money", c.money), put("gain", c.gain), put("gain_low", c.gain_low), put("gain_high", c.gain_high), put("net", c.net);
  put("come_back", c.come_back), put("try_worth", c.try_worth), put("pool_lost", c.pool_lost), put("manager", c.manager), put("level_gain", c.level_gain);
  const auto words = [&out](const char* name, const std::vector<std::string>& column) { out[name] = py::cast(column); };
  words("why", c.why), words("reason", c.reason), words("tier_why", c.tier_why), words("share_why", c.share_why), words("offer", c.offer), words("watch", c.watch);
  return out;
}

py::dict countries(review::country_columns&& c) {
  py::dict out;
  out["country"] = py::cast(c.country);
  const auto put = [&out](const char* name, auto&& column) { out[name] = give(std::move(column)); };
  put("customers", c.customers), put("sales_year", c.sales_year), put("sales_before", c.sales_before), put("market_year", c.market_year);
  put("market_before", c.market_before), put("share", c.share), put("leader", c.leader), put("leader_share", c.leader_share), put("hhi", c.hhi);
  return out;
}

py::dict ties(review::tie_columns&& t) {
  return py::dict("customer"_a = give(std::move(t.customer)), "supplier"_a = give(std::move(t.supplier)), "amount"_a = give(std::move(t.amount)),
                  "before"_a = give(std::move(t.before)));
}

py::dict rivals(review::rival_columns&& r) {
  return py::dict("country"_a = give(std::move(r.country)), "supplier"_a = give(std::move(r.supplier)), "amount"_a = give(std::move(r.amount)),
                  "before"_a = give(std::move(r.before)), "share"_a = give(std::move(r.share)), "share_before"_a = give(std::move(r.share_before)),
                  "customers"_a = give(std::move(r.customers)), "shared"_a = give(std::move(r.shared)));
}

py::dict book(const review::book_figures& b) {
  py::dict out;
  out["end"] = b.end, out["value"] = b.value, out["value_low"] = b.value_low, out["value_high"] = b.value_high;
  out["wallet"] = b.wallet, out["share"] = b.share, out["gain"] = b.gain, out["gain_low"] = b.gain_low, out["gain_high"] = b.gain_high;
  out["bound"] = b.bound, out["gap"] = b.gap, out["plan_status"] = b.plan_status;
  out["plan_value"] = b.plan_value, out["baseline_names"] = b.baseline_names, out["baselines"] = b.baselines;
  out["pool_hour"] = b.pool_hour, out["manager_prices"] = b.manager_prices;
  out["budget_names"] = b.budget_names, out["budgets"] = b.budgets, out["prices"] = b.prices, out["used"] = b.used;
  return out;
}

py::dict change(const review::sales_change& c) {
  py::dict out;
  if (c.share.empty()) return out;
  out["year before"] = c.before, out["market"] = c.by_market, out["customers"] = c.by_customer, out["rivals"] = c.by_share, out["last year"] = c.after;
  return out;
}

py::dict give_result(review::result&& r) {
  py::dict out, over_time;
  over_time["supplier"] = give(std::move(r.over_time.supplier));
  over_time["period"] = give(std::move(r.over_time.period));
  over_time["amount"] = give(std::move(r.over_time.amount));
  over_time["own"] = r.book.own;
  py::list efforts;
  for (const auto& e : r.efforts) efforts.append(py::dict("name"_a = e.name, "hours"_a = e.hours, "money"_a = e.money));
  out["customers"] = customers(std::move(r.customers));
  out["country"] = py::cast(r.country);
  out["countries"] = countries(std::move(r.countries));
  out["ties"] = ties(std::move(r.ties));
  out["rivals"] = rivals(std::move(r.rivals));
  out["book"] = book(r.book);
  out["change"] = change(r.change);
  out["over_time"] = over_time;
  out["efforts"] = efforts;
  out["own"] = r.book.own == review::no_supplier ? std::string() : r.suppliers[r.book.own];
  out["suppliers"] = r.suppliers;
  out["notes"] = r.notes;
  return out;
}

void set_response(review::response_prior& r, const std::string& name, double value) {
  const std::map<std::string, double*> all{{"most_a", &r.most_a}, {"most_b", &r.most_b}, {"half", &r.half}, {"half_log_sd", &r.half_log_sd},
                                           {"power", &r.power}, {"power_log_sd", &r.power_log_sd}, {"win_back", &r.win_back}, {"win_back_weight", &r.win_back_weight},
                                           {"learned", &r.learned}, {"room", &r.room},
                                           {"room_low", &r.room_low}, {"room_high", &r.room_high}};
  const auto it = all.find(name);
  if (it == all.end()) {
    std::string names;
    for (const auto& [one, where] : all) names += (names.empty() ? "" : ", ") + one;
    throw error(errc::unknown_name, "review: response has no '" + name + "'; it has " + names);
  }
  *it->second = value;
}

}  // namespace

void bind_review(py::module_& m) {
  auto room = m.def_submodule("review", "The key-account review.");
  room.def(
      "review",
      [](const ledger::Ledger& led, const ledger::Deliveries* deliveries, double hours, double money, double horizon, const std::string& unit,
         const std::string& own, double margin, const std::vector<std::tuple<std::string, double, double>>& efforts,
         const std::map<std::string, double>& response, double level, std::uint64_t seed, unsigned threads, const std::optional<py::function>& progress,
         const std::vector<std::tuple<std::string, double, std::vector<std::string>>>& managers, double pool_hour) {
        review::settings s;
        s.hours = hours, s.money = money, s.horizon = horizon, s.u = to_unit(unit), s.own = own, s.margin = margin, s.level = level;
        s.seed = seed, s.threads = threads;
        if (!efforts.empty()) s.efforts.clear();
        for (const auto& [name, h, cost] : efforts) s.efforts.push_back({name, h, cost});
        for (const auto& [name, value] : response) set_response(s.response, name, value);
        for (const auto& [name, h, countries_of] : managers) s.managers.push_back({name, h, countries_of});
        s.pool_hour = pool_hour;
        if (progress)
          s.progress = [&progress](std::string_view name) {
            py::gil_scoped_acquire hold;
            (*progress)(std::string(name));
          };
        review::result found = [&] {
          py::gil_scoped_release free;
          return review::review(led, deliveries, s);
        }();
        py::dict out = give_result(std::move(found));
        py::list names;
        for (const review::manager& one : s.managers) names.append(one.name);
        out["managers"] = names;
        return out;
      },
      "ledger"_a, "deliveries"_a.none(true), "hours"_a, "money"_a, "horizon"_a, "unit"_a, "own"_a, "margin"_a, "efforts"_a, "response"_a, "level"_a, "seed"_a,
      "threads"_a, "progress"_a.none(true), "managers"_a, "pool_hour"_a);
}

}  // namespace guanxi::python
