// What was loaded lies packed until somebody writes to it; nobody may see a difference.
#include <string>
#include <vector>

#include <guanxi/base/random.hpp>

#include "support/archive.hpp"

namespace guanxi::archive {
namespace {

using Load = in_folder;

struct book {
  std::vector<std::string> name, country, note;
  std::vector<std::int64_t> tier;
  std::vector<double> sales;
  std::vector<std::int32_t> since;
  std::vector<std::uint8_t> ok, known;
  std::vector<std::string_view> v_name, v_country, v_note;
  explicit book(std::size_t n) {
    random_stream draw(5);
    for (std::size_t i = 0; i < n; ++i) {
      name.push_back("C" + std::to_string((i * 7919) % n));  // in no order
      country.push_back(draw.bernoulli(0.5) ? "Ghana" : "Peru");
      note.push_back(std::string(draw.index(80), 'n') + "客户");
      tier.push_back(static_cast<std::int64_t>(draw.index(7)) - 3);
      sales.push_back(draw.bernoulli(0.2) ? std::numeric_limits<double>::quiet_NaN() : draw.uniform() * 1e6);
      since.push_back(static_cast<std::int32_t>(draw.index(20'000)) - 5000);
      ok.push_back(draw.bernoulli(0.5));
      known.push_back(draw.bernoulli(0.8));
    }
    v_name.assign(name.begin(), name.end());
    v_country.assign(country.begin(), country.end());
    v_note.assign(note.begin(), note.end());
  }
  [[nodiscard]] load_batch batch() const {
    load_batch b;
    b.customer = v_name;
    b.columns = {{"country", std::span<const std::string_view>(v_country), known, false},
                 {"note", std::span<const std::string_view>(v_note), {}, false},
                 {"tier", std::span<const std::int64_t>(tier), {}, false},
                 {"sales", std::span<const double>(sales), {}, false},
                 {"since", std::span<const std::int32_t>(since), {}, false},
                 {"ok", std::span<const std::uint8_t>(ok), {}, false}};
    return b;
  }
  void put_one_by_one(archive& a, const when& times, const origin& from) const {
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::vector<field_value> fields;
      if (known[i] != 0) fields.emplace_back("country", country[i]);
      fields.insert(fields.end(),
                    {{"note", note[i]}, {"tier", tier[i]}, {"since", date_value{since[i]}}, {"ok", ok[i] != 0}});
      if (sales[i] == sales[i]) fields.emplace_back("sales", sales[i]);
      a.put(name[i], fields, times, from);
    }
  }
};

void expect_same(const archive& l, const archive& r, const book& b, const std::vector<as_seen>& questions) {
  for (const as_seen& q : questions) {
    for (const std::string& name : b.name) {
      ASSERT_EQ(l.get(name, q), r.get(name, q)) << name;
      ASSERT_EQ(l.get(name, "tier", q), r.get(name, "tier", q)) << name;
      ASSERT_EQ(l.get(name, "sales", q), r.get(name, "sales", q)) << name;
    }
    ASSERT_EQ(l.find({}, q), r.find({}, q));
    for (const auto& asked :
         {std::vector<field_value>{{"country", std::string("Ghana")}},
          std::vector<field_value>{{"country", std::string("Peru")}, {"tier", std::int64_t{2}}, {"ok", true}},
          std::vector<field_value>{{"note", b.note[3]}}, std::vector<field_value>{{"since", date_value{b.since[4]}}},
          std::vector<field_value>{{"sales", b.sales[0] == b.sales[0] ? b.sales[0] : 1.0}}})
      ASSERT_EQ(l.find(asked, q), r.find(asked, q)) << asked[0].first;
    const table left = l.columns({}, q), right = r.columns({}, q);
    ASSERT_EQ(left.rows, right.rows);
    ASSERT_EQ(left.columns.size(), right.columns.size());
    for (std::size_t i = 0; i < left.columns.size(); ++i) {
      const table_column &x = left.columns[i], &y = right.columns[i];
      ASSERT_TRUE(x.field == y.field && x.known == y.known && x.truths == y.truths && x.wholes == y.wholes &&
                  x.numbers == y.numbers && x.days == y.days && x.offsets == y.offsets && x.bytes == y.bytes &&
                  x.nulls == y.nulls)
          << x.field;
    }
  }
  for (const std::string& name : b.name) {
    const auto x = l.history(name), y = r.history(name);
    ASSERT_EQ(x.size(), y.size()) << name;
    for (std::size_t i = 0; i < x.size(); ++i)
      ASSERT_TRUE(x[i].field == y[i].field && x[i].value == y[i].value && x[i].valid_from == y[i].valid_from &&
                  x[i].valid_to == y[i].valid_to && x[i].known_from == y[i].known_from &&
                  x[i].known_to == y[i].known_to && x[i].source == y[i].source && x[i].user == y[i].user);
  }
}

TEST_F(Load, IsTheSameAsPuttingOneByOne) {
  const book b(300);
  archive loaded(place("loaded"), options(false)), put(place("put"), options(false));
  const when times{on(2024, 1, 1), {}, on(2024, 2, 1)};
  const load_batch batch = b.batch();
  const load_report r = loaded.load({&batch, 1}, times, {"erp", "li"});
  EXPECT_EQ(r.rows, 300u);
  EXPECT_EQ(r.new_customers, 300u);
  b.put_one_by_one(put, times, {"erp", "li"});
  const std::vector<as_seen> questions{{},
                                       {on(2024, 1, 1), on(2024, 2, 1)},
                                       {on(2023, 12, 31), {}},
                                       {{}, on(2024, 1, 31)},
                                       {on(2024, 6, 1), on(2024, 6, 1)},
                                       {on(2025, 6, 1), on(2025, 6, 1)}};
  expect_same(loaded, put, b, questions);
  // Then the same writes to both: packs are opened one by one.
  random_stream draw(9);
  for (int i = 0; i < 200; ++i) {
    const std::string ref = b.name[draw.index(b.name.size())];
    const instant known = on(2024, 3, 1) + i * a_day;
    const instant from = on(2024, 1, 1) + static_cast<instant>(draw.index(400)) * a_day;
    const when when_put{from, draw.bernoulli(0.3) ? std::optional<instant>(from + 50 * a_day) : std::nullopt, known};
    std::vector<field_value> fields;
    if (draw.bernoulli(0.5))
      fields.emplace_back("tier", draw.bernoulli(0.2) ? value{} : whole(static_cast<std::int64_t>(draw.index(5))));
    if (draw.bernoulli(0.3)) fields.emplace_back("country", text(draw.bernoulli(0.5) ? "Ghana" : "Kenya"));
    for (archive* a : {&loaded, &put}) {
      a->put(ref, fields, when_put, {"visit", "wu"});
      if (i % 9 == 0) a->add(ref, "competitor", "Acme", text("Acme"), when_put);
    }
  }
  expect_same(loaded, put, b, questions);
  // And a second load over customers that are there.
  load_batch again = b.batch();
  std::vector<std::string_view> some(b.v_name.begin(), b.v_name.begin() + 150);
  std::vector<std::int64_t> tier(b.tier.begin() + 150, b.tier.end());
  again = {};
  again.customer = some;
  again.columns = {{"tier", std::span<const std::int64_t>(tier), {}, false}};
  EXPECT_EQ(loaded.load({&again, 1}, {on(2025, 1, 1), {}, on(2025, 2, 1)}, {"erp", "li"}).rows, 150u);
  for (std::size_t i = 0; i < some.size(); ++i)
    put.put(some[i], one("tier", tier[i]), {on(2025, 1, 1), {}, on(2025, 2, 1)}, {"erp", "li"});
  expect_same(loaded, put, b, questions);
  for (archive* a : {&loaded, &put}) {
    EXPECT_EQ(a->check(), "ok");
    EXPECT_TRUE(a->verify().ok);
  }
  const std::vector<expiry_rule> rules{{"old", "*", "Ghana", expiry_rule::end::known_to, 0, 30, ""}};
  EXPECT_EQ(loaded.expire(rules, on(2025, 1, 1)).rows.size(), put.expire(rules, on(2025, 1, 1)).rows.size());
  EXPECT_GT(put.expire(rules, on(2025, 1, 1)).rows.size(), 10u);
}

TEST_F(Load, SeveralBatchesRepeatedCustomersAndFieldsOfAllKinds) {
  archive a(place(), options(false));
  a.define({"product", true, false, false, {}});
  a.define({"note", false, false, true, {}});
  a.define({"phone", false, can_seal(), false, {}});
  const std::vector<std::string_view> who{"B", "A", "B", "C"}, product{"8482", "8482", "4016", "8483"},
      note{"bearings", "seals", "belts", "pumps"}, phone{"1", "2", "3", "4"}, country{"Peru", "Ghana", "Kenya", "Peru"};
  const std::vector<std::int64_t> tier{1, 2, 3, 4};
  const std::vector<instant> known{10, 10, 20, 10};
  load_batch first, second;
  first.customer = second.customer = who;
  first.known_at = known;
  const std::vector<instant> later{20, 20, 30, 20};
  second.known_at = later;
  first.columns = {{"product", std::span<const std::string_view>(product), {}, false},
                   {"country", std::span<const std::string_view>(country), {}, false},
                   {"note", std::span<const std::string_view>(note), {}, false},
                   {"phone", std::span<const std::string_view>(phone), {}, can_seal()}};
  second.columns = {{"tier", std::span<const std::int64_t>(tier), {}, false},
                    {"country", std::span<const std::string_view>(country), {}, false}};
  const std::vector<load_batch> both{first, second};
  const load_report r = a.load(both, {}, {"erp", ""});
  EXPECT_TRUE(r.refused.empty());
  EXPECT_EQ(a.get("B", "country"), text("Kenya"));
  EXPECT_EQ(a.get("B", "country", {15, 15}), text("Peru"));
  EXPECT_EQ(a.get("B", "tier"), whole(3));
  EXPECT_EQ(a.get("A", "phone"), text("2"));
  EXPECT_EQ(a.file("B").size(), 6u);
  EXPECT_EQ(a.find(one("product", text("8482"))), (std::vector<std::string>{"A", "B"}));
  EXPECT_EQ(a.find({}, {}, "belts"), (std::vector<std::string>{"B"}));
  EXPECT_TRUE(a.find(one("country", text("Ghana")), {5, 5}).empty());
  const load_report late = a.load({&first, 1}, {}, {"erp", ""});  // known before what is there
  EXPECT_EQ(late.refused.size(), 4u);
  // Searchable afterwards: what was packed is found by its words.
  const std::vector<std::string_view> more{"D"}, plain{"asks for gears"};
  load_batch third;
  third.customer = more;
  third.columns = {{"remark", std::span<const std::string_view>(plain), {}, false}};
  (void)a.load({&third, 1});
  says(errc::bad_format,
       "archive::define: field 'remark' has values already; whether it holds many values or personal ones is said "
       "before the first",
       [&] { a.define({"remark", true, false, false, {}}); });
  a.define({"remark", false, false, true, {}});
  EXPECT_EQ(a.find({}, {}, "GEARS"), (std::vector<std::string>{"D"}));
  EXPECT_EQ(a.get("D", "remark"), text("asks for gears"));
  a.put("D", one("remark", text("quiet")));
  EXPECT_TRUE(a.find({}, {}, "gears").empty());
  EXPECT_EQ(a.check(), "ok");
  says(errc::duplicate, "archive::load: column 'x' is given twice", [&] {
    load_batch twice;
    twice.customer = more;
    twice.columns = {{"x", std::span<const std::string_view>(plain), {}, false},
                     {"x", std::span<const std::string_view>(plain), {}, false}};
    (void)a.load({&twice, 1});
  });
  says(errc::size_mismatch, "archive::load: 'customer' has 1 entries, 'x' has 4", [&] {
    load_batch uneven;
    uneven.customer = more;
    uneven.columns = {{"x", std::span<const std::int64_t>(tier), {}, false}};
    (void)a.load({&uneven, 1});
  });
}

}  // namespace
}  // namespace guanxi::archive
