// What only an archive on a server can do. Needs GUANXI_ARCHIVE_SERVER (tests/archive/with_postgres gives it).
#include <string>
#include <vector>

#include "support/archive.hpp"

namespace guanxi::archive {
namespace {

class Server : public in_folder {
 protected:
  void SetUp() override {
    in_folder::SetUp();
    if (std::getenv("GUANXI_ARCHIVE_SERVER") == nullptr) GTEST_SKIP() << "needs tests/archive/with_postgres";
  }
  /// The same place as another role.
  [[nodiscard]] std::string as(const std::string& role) const {
    std::string words = place();
    const std::string owner = "postgresql://owner@";
    return "postgresql://" + role + "@" + words.substr(owner.size());
  }
  static void sql(const std::string& what) { on_server::exec(std::getenv("GUANXI_ARCHIVE_SERVER"), what); }
};

using refs = std::vector<std::string_view>;
using names = std::vector<std::string>;

TEST_F(Server, EachManagerSeesItsOwnCustomers) {
  sql("create role li login");
  sql("create role wu login");
  sql("create role desk");
  sql("create role ann login in role desk");
  archive a(place(), options());
  a.define({"note", false, false, true, {}});
  for (int i = 0; i < 6; ++i) {
    a.put("C" + std::to_string(i),
          std::vector<field_value>{{"country", text(i % 2 ? "Ghana" : "Peru")}, {"note", text("asks for bearings")}});
    a.add("C" + std::to_string(i), "competitor", "Acme", text("Acme"));
  }
  a.add_run({0, "plan of all", "owner", 0, {}, "[1]"});
  a.hold("C5", "dispute", always);
  a.allow("li", refs{"C0", "C1"});
  a.allow("wu", refs{"C1", "C2"}, false);
  a.allow("desk", refs{});
  {
    archive li(as("li"), options());
    EXPECT_EQ(li.find({}), (names{"C0", "C1"}));
    EXPECT_EQ(li.find(one("country", text("Ghana"))), (names{"C1"}));
    EXPECT_EQ(li.find(one("competitor", text("Acme"))), (names{"C0", "C1"}));
    EXPECT_EQ(li.find({}, {}, "bearings"), (names{"C0", "C1"}));
    EXPECT_TRUE(li.get("C2").empty() && li.history("C2").empty());
    EXPECT_EQ(li.columns().rows, 2u);
    EXPECT_TRUE(li.runs().empty());
    li.put("C1", one("country", text("Kenya")));
    EXPECT_EQ(a.get("C1", "country"), text("Kenya"));
    says(errc::io, "archive: a statement: it is there already, and this user may not see it",
         [&] { li.put("C2", one("country", text("Kenya"))); });
    EXPECT_EQ(a.get("C2", "country"), text("Peru"));
    li.put("L1", one("country", text("Togo")));  // made by li: li may see it
    EXPECT_EQ(li.find({}), (names{"C0", "C1", "L1"}));
    EXPECT_TRUE(a.verify().ok && li.verify().ok);
    const std::vector<expiry_rule> rules{{"all", "*", "", expiry_rule::end::known_to, 0, 0, ""}};
    for (const expired_row& r : li.expire(rules, on(2999, 1, 1)).rows) EXPECT_EQ(r.customer, "C1");
    EXPECT_THROW(li.allow("li", refs{}), error);
    EXPECT_THROW(li.hold("C5", "x", always), error);
    EXPECT_EQ(li.add_run({0, "mine", "li", 0, {}, "[]"}), 2);
    ASSERT_EQ(li.runs().size(), 1u);
  }
  {
    archive_options reading = options();
    reading.read_only = true;
    archive wu(as("wu"), reading);
    EXPECT_EQ(wu.find({}), (names{"C1", "C2"}));
    archive writing(as("wu"), options());
    EXPECT_THROW(writing.put("C2", one("country", text("Kenya"))), error);
    EXPECT_EQ(a.get("C2", "country"), text("Peru"));
  }
  {
    archive ann(as("ann"), options());  // by a role that she belongs to
    EXPECT_EQ(ann.find({}).size(), 7u);
    EXPECT_EQ(ann.runs().size(), 2u);
  }
  const auto rights = a.rights();
  ASSERT_EQ(rights.size(), 6u);
  EXPECT_EQ(rights[0].role, "desk");
  EXPECT_EQ(rights[0].customer, "");
  a.disallow("li", refs{"C0"});
  EXPECT_EQ(archive(as("li"), options()).find({}), (names{"C1", "L1"}));
  a.disallow("li", refs{});
  EXPECT_TRUE(archive(as("li"), options()).find({}).empty());
  EXPECT_EQ(a.check(), "ok");
}

TEST_F(Server, TheChainIsAppendOnlyAndAChangeIsFound) {
  archive a(place(), options());
  a.put("A", one("tier", whole(1)));
  for (int i = 0; i < 4; ++i) a.add_run({0, "run", "li", 0, {}, "[1]"});
  EXPECT_TRUE(a.verify().ok);
  const std::string schema = "\"Server_TheChainIsAppendOnlyAndAChangeIsFound_customers.db\"";
  const std::string server = std::getenv("GUANXI_ARCHIVE_SERVER");
  const std::string command =
      "psql -q '" + server + "' -v ON_ERROR_STOP=1 -c 'delete from " + schema + ".audit' >/dev/null 2>&1";
  EXPECT_NE(std::system(command.c_str()), 0);
  sql("alter table " + schema + ".audit disable trigger all; update " + schema +
      ".audit set detail = $$x$$ where n = 3");
  EXPECT_EQ(a.verify().first_bad, 3);
}

TEST_F(Server, FromAFileToTheServerAndBack) {
  std::vector<std::string> names_of;
  for (int i = 0; i < 200; ++i) names_of.push_back("L" + std::to_string(1000 + i));
  const std::vector<std::string_view> loaded(names_of.begin(), names_of.end());
  const std::vector<std::int64_t> tier(200, 2);
  archive_options with;
  with.keys = file("keys");
  archive disk(file(), with);
  load_batch batch;
  batch.customer = loaded;
  batch.columns = {{"tier", std::span<const std::int64_t>(tier), {}, false}};
  (void)disk.load({&batch, 1});
  disk.define({"note", false, false, true, {}});
  disk.put("A",
           std::vector<field_value>{
               {"note", text("asks for 轴承")}, {"rate", 0.25}, {"ok", true}, {"since", date_value{19'000}}},
           {on(2024, 1, 1), {}, {}}, {"visit", "li"});
  disk.put("A", one("rate", 0.5), {on(2024, 6, 1), {}, {}});
  disk.add("A", "competitor", "Acme", text("Acme"));
  if (can_seal()) disk.put("A", one("phone", text("+233")), {}, {}, {true, {}});
  disk.add_run({0, "plan", "li", 0, {{"ledger", "abc"}}, "[1]"});
  disk.copy_to(place());
  archive_options same = options();
  same.key_path = file("customers.db.master");
  archive server(place(), same);
  disk.copy_to(file("x.db"));
  const auto equal = [](const archive& l, const archive& r) {
    EXPECT_EQ(l.find({}), r.find({}));
    EXPECT_EQ(l.get("A"), r.get("A"));
    EXPECT_EQ(l.get("L1007", "tier"), r.get("L1007", "tier"));
    EXPECT_EQ(l.history("A").size(), r.history("A").size());
    EXPECT_EQ(l.find({}, {}, "轴承"), r.find({}, {}, "轴承"));
    EXPECT_EQ(l.find(one("tier", whole(2))), r.find(one("tier", whole(2))));
    EXPECT_EQ(l.columns().rows, r.columns().rows);
    EXPECT_EQ(l.get_run(1).result, r.get_run(1).result);
    EXPECT_TRUE(r.verify().ok);
    EXPECT_EQ(r.check(), "ok");
  };
  equal(disk, server);
  EXPECT_EQ(server.audit().back().what, "copy");
  server.put("L1007", one("tier", whole(3)));
  server.put("new", one("tier", whole(1)));
  server.backup(file("back.db"));
  archive_options back = with;
  back.key_path = file("customers.db.master");
  archive again(file("back.db"), back);
  equal(server, again);
  EXPECT_EQ(again.get("L1007", "tier"), whole(3));
  if (can_seal()) {
    EXPECT_EQ(again.get("A", "phone"), text("+233"));
  }
  EXPECT_THROW(disk.copy_to(place()), error);
}

TEST_F(Server, SaysWhatIsWrong) {
  sql("create schema \"Other\"");
  sql("create table \"Other\".x(a int)");
  const std::string other = std::string(std::getenv("GUANXI_ARCHIVE_SERVER")) + "?options=-csearch_path%3D%22Other%22";
  says(errc::bad_format,
       "archive: this schema of the server holds other tables; make a schema for the archive alone and name it: "
       "postgresql://...?options=-csearch_path%3Dcustomers",
       [&] { archive a(other); });
  try {
    archive a("postgresql://owner:secret@127.0.0.1:1/postgres");
    ADD_FAILURE() << "no error";
  } catch (const error& e) {
    EXPECT_NE(std::string(e.what()).find("cannot open the archive on the server"), std::string::npos) << e.what();
    EXPECT_EQ(std::string(e.what()).find("secret"), std::string::npos);
  }
  archive a(place());  // without keys
  a.put("A", one("tier", whole(1)));
  if (can_seal()) {
    says(
        errc::io,
        "archive: personal values on a server need a file for the keys of persons: give 'keys' (on a disk that all who "
        "may read them reach)",
        [&] { a.put("A", one("phone", text("1")), {}, {}, {true, {}}); });
  }
  // Another writer is waited for and then named.
  archive_options quick = options();
  quick.busy_ms = 50;
  archive b(place(), quick);
  archive_options reading = options();
  reading.read_only = true;
  archive c(place(), reading);
  says(errc::io, "archive: beginning a write: the archive is open for reading only",
       [&] { c.put("A", one("tier", whole(2))); });
  EXPECT_EQ(c.data_version(), c.data_version());
  const auto seen = c.data_version();
  a.put("A", one("tier", whole(2)));
  EXPECT_NE(c.data_version(), seen);
  EXPECT_EQ(c.get("A", "tier"), whole(2));
}

}  // namespace
}  // namespace guanxi::archive
