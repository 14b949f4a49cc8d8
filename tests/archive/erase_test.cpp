#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <csignal>
#include <string>
#include <vector>

#include "support/archive.hpp"

namespace guanxi::archive {
namespace {

class Erase : public in_folder {
 protected:
  void SetUp() override {
    in_folder::SetUp();
    if (!can_seal()) GTEST_SKIP() << "needs libsodium";
  }
};

const privacy personal{true, {}};
const std::string name = "Kwame Owusu-Ansah", phone = "+233 20 555 0142";

std::string utf16(const std::string& ascii) {
  std::string out;
  for (const char c : ascii) {
    out += c;
    out += '\0';
  }
  return out;
}

std::size_t all_copies(const fs::path& folder, const std::string& plain) {
  return copies(folder, plain) + copies(folder, utf16(plain)) + copies(folder, plain.substr(0, 12));
}

void sql(const std::string& file, const std::string& what) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  char* problem = nullptr;
  EXPECT_EQ(sqlite3_exec(db, what.c_str(), nullptr, nullptr, &problem), SQLITE_OK)
      << (problem != nullptr ? problem : "");
  sqlite3_free(problem);
  sqlite3_close(db);
}

value erased() { return withheld{withheld::reason::erased}; }
value locked() { return withheld{withheld::reason::locked}; }

TEST_F(Erase, PersonalValuesAreSealedAndComeBack) {
  const std::vector<field_value> fields{
      {"b", true}, {"n", whole(7)}, {"r", 0.5}, {"t", name}, {"d", date_value{19'000}}};
  {
    archive a(file());
    a.put("C-17", fields, {}, {"visit", "li"}, personal);
    a.put("C-17", one("country", text("Ghana")));
    EXPECT_EQ(a.get("C-17", "t"), value(name));
    EXPECT_EQ(all_copies(folder_, name), 0u);  // also not in the log, while it is open
    const auto all = a.get("C-17");
    EXPECT_EQ(all.size(), 6u);
  }
  EXPECT_EQ(all_copies(folder_, name), 0u);
  struct stat seen{};
  ASSERT_EQ(::stat(file("customers.db.master").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777u, 0600u);
  ASSERT_EQ(::stat(file("customers.db.keys").c_str(), &seen), 0);
  EXPECT_EQ(seen.st_mode & 0777u, 0600u);
  archive a(file());
  for (const auto& [field, x] : fields) EXPECT_EQ(a.get("C-17", field), x) << field;
  EXPECT_TRUE(a.verify().ok);
}

TEST_F(Erase, PiecesOfASealedFactAreSealedAnew) {
  archive a(place(), options());
  a.put("A", one("contact", text("Ama")), {on(2020, 1, 1), on(2030, 1, 1), on(2021, 1, 1)}, {}, personal);
  a.put("A", one("contact", text("Kofi")), {on(2024, 1, 1), on(2025, 1, 1), on(2024, 2, 1)}, {}, personal);
  a.put("A", one("contact", value{}), {on(2028, 1, 1), {}, on(2024, 3, 1)});  // sealed or not: taken back
  EXPECT_EQ(a.get("A", "contact", {on(2022, 1, 1), {}}), text("Ama"));
  EXPECT_EQ(a.get("A", "contact", {on(2024, 6, 1), {}}), text("Kofi"));
  EXPECT_EQ(a.get("A", "contact", {on(2026, 1, 1), {}}), text("Ama"));
  EXPECT_EQ(a.get("A", "contact", {on(2029, 1, 1), {}}), value{});
  EXPECT_EQ(a.get("A", "contact", {on(2024, 6, 1), on(2024, 1, 15)}), text("Ama"));
  for (const version& v : a.history("A", "contact")) EXPECT_FALSE(std::holds_alternative<withheld>(v.value));
}

TEST_F(Erase, NothingOfAnErasedPersonIsLeftInAnyByte) {
  std::string old_key;
  {
    archive a(file());
    for (int i = 0; i < 200; ++i) {
      const std::string ref = "C" + std::to_string(i);
      a.put(ref,
            std::vector<field_value>{{"contact", name + " " + std::to_string(i)}, {"phone", phone + std::to_string(i)}},
            {}, {}, personal);
      a.put(ref, std::vector<field_value>{{"country", text("Ghana")}, {"note", text("asked for samples of bearings")}});
    }
    a.add("C7", "visitor", name + " junior", text("met at the fair"), {}, {}, personal);
    a.put("C7", one("contact", name + " the second"), {on(2025, 1, 1), on(2025, 6, 1), {}});
    const std::string keys = bytes_of(file("customers.db.keys"));
    old_key = keys.substr(256 + 7 * 96 + 24, 72);  // the eighth record: C7
    EXPECT_EQ(copies(folder_, old_key), 1u);
    a.backup(file("before.db"));
    EXPECT_EQ(all_copies(folder_, name) + all_copies(folder_, phone), 0u);

    const certificate c = a.erase("C7", "request of the person", "dpo");
    EXPECT_EQ(c.keys, 1);
    EXPECT_EQ(c.fields, (std::vector<std::string>{"contact", "phone", "visitor"}));
    EXPECT_EQ(c.versions, 4);
    EXPECT_TRUE(c.compacted);
    EXPECT_EQ(a.audit().back().hash, c.hash);
    EXPECT_EQ(a.audit().back().number, c.audit_row);
    EXPECT_EQ(a.get("C7", "contact"), erased());
    EXPECT_EQ(a.get("C7", "contact", {on(2025, 3, 1), {}}), erased());
    EXPECT_EQ(a.get("C7", "country"), text("Ghana"));
    EXPECT_EQ(a.get("C8", "contact"), value(name + " 8"));
    EXPECT_EQ(copies(folder_, old_key), 0u);  // overwritten where it lay, and nowhere else
    // The person may come back: with a new key.
    a.put("C7", one("phone", text("+233 1")), {}, {}, personal);
    EXPECT_EQ(a.get("C7", "phone"), text("+233 1"));
    EXPECT_TRUE(a.verify().ok);
  }
  EXPECT_EQ(all_copies(folder_, name) + all_copies(folder_, phone) + copies(folder_, old_key), 0u);
  // A backup from before holds sealed bytes and no key: with the key file of today nothing of C7 can be read.
  archive_options with;
  with.keys = file("customers.db.keys");
  with.key_path = file("customers.db.master");
  archive back(file("before.db"), with);
  EXPECT_EQ(back.get("C7", "contact"), erased());
  EXPECT_EQ(back.get("C9", "contact"), value(name + " 9"));
}

TEST_F(Erase, ACopyOfTheKeyFileFromBeforeStillOpensOldBackups) {  // the limit that the docs name
  archive_options with;
  {
    archive a(file());
    a.put("A", one("contact", value(name)), {}, {}, personal);
    a.backup(file("before.db"));
    fs::copy_file(file("customers.db.keys"), file("keys.copy"));
    a.erase("A", "request");
  }
  with.keys = file("keys.copy");
  with.key_path = file("customers.db.master");
  archive back(file("before.db"), with);
  EXPECT_EQ(back.get("A", "contact"), value(name));
}

TEST_F(Erase, OnePersonOfACustomer) {
  archive a(place(), options());
  a.add("A", "contact", "k1", value(name), {}, {}, {true, "k1"});
  a.add("A", "contact", "k2", text("Ama Mensah"), {}, {}, {true, "k2"});
  auto facts = a.file("A");
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].key, "k1");
  EXPECT_TRUE(facts[0].many);
  a.erase("A", "request", "dpo", "k1");
  facts = a.file("A");
  ASSERT_EQ(facts.size(), 2u);
  EXPECT_EQ(facts[0].value, erased());
  EXPECT_EQ(facts[0].key, "");
  EXPECT_EQ(facts[1].value, text("Ama Mensah"));
  EXPECT_THROW(a.erase("A", "request", "dpo", "k9"), error);
  a.drop("A", "contact", "k2", {}, {}, {true, "k2"});
  EXPECT_EQ(a.file("A").size(), 1u);
  says(errc::unknown_name, "archive::erase: no customer 'nobody'", [&] { a.erase("nobody", "x"); });
}

TEST_F(Erase, AnIdThatIsAPersonIsForgottenToo) {
  {
    archive a(file());
    for (int i = 0; i < 300; ++i) a.put("P" + std::to_string(i), one("tier", whole(i % 4)));
    a.put(name, one("tier", whole(3)));
    a.put(name, one("phone", value(phone)), {}, {}, personal);
    a.hold(name, "dispute", always);  // the chain names customers by number
    EXPECT_GT(copies(folder_, name), 0u);
    const certificate c = a.erase(name, "request", "dpo", {}, true);
    EXPECT_TRUE(c.id_forgotten && c.compacted);
    EXPECT_TRUE(a.get(name).empty());
    EXPECT_EQ(a.get("erased " + c.subject, "tier"), whole(3));
    EXPECT_EQ(all_copies(folder_, name), 0u);
    EXPECT_TRUE(a.verify().ok);
  }
  EXPECT_EQ(all_copies(folder_, name), 0u);
}

TEST_F(Erase, ASealedValueOpensOnlyWhereItLies) {
  {
    archive a(file());
    a.put("A", std::vector<field_value>{{"x", text("one")}, {"y", text("two")}}, {}, {}, personal);
    a.put("B", one("x", text("three")), {}, {}, personal);
  }
  const std::string before = bytes_of(file());
  for (const char* change :
       {"update fact set value = (select value from fact where subject = 1 and field = 2) where subject = 1 and field "
        "= 1",
        "update fact set value = (select value from fact where subject = 2) where subject = 1 and field = 1",
        "update fact set vf = vf - 1 where subject = 1 and field = 1",
        "update fact set value = substr(value, 1, 60) || x'00' || substr(value, 62) where subject = 1 and field = 1"}) {
    std::ofstream(file("changed.db"), std::ios::binary) << before;
    sql(file("changed.db"), change);
    archive_options with;
    with.keys = file("customers.db.keys");
    with.key_path = file("customers.db.master");
    archive a(file("changed.db"), with);
    says(errc::bad_format,
         "archive: a sealed value of customer #1 was changed or moved: it does not open where it lies",
         [&] { (void)a.get("A", "x"); });
    EXPECT_EQ(a.get("B", "x"), text("three"));
  }
}

TEST_F(Erase, PlainAndPersonalDoNotMix) {
  archive a(file());
  a.put("A", one("phone", text("123")));
  says(errc::bad_format,
       "archive: field 'phone' holds plain values, so it cannot take personal ones; use another field, or define it as "
       "personal before its first value",
       [&] { a.put("A", one("phone", text("124")), {}, {}, personal); });
  a.define({"mail", false, true, false, "contact"});
  a.put("A", one("mail", text("kwame@example.com")));  // sealed although the call did not ask
  EXPECT_EQ(copies(folder_, "kwame@example.com"), 0u);
  says(errc::bad_format, "archive::find: field 'mail' is personal, it cannot be searched",
       [&] { (void)a.find(one("mail", text("kwame@example.com"))); });
  says(errc::bad_format, "archive::define: field 'x' cannot be both personal and searchable",
       [&] { a.define({"x", false, true, true, {}}); });
  says(errc::bad_format,
       "archive::define: field 'mail' has values already; whether it holds many values or personal ones is said before "
       "the first",
       [&] { a.define({"mail", false, false, false, {}}); });
}

TEST_F(Erase, AWrongOrMissingKeyLocksAndBreaksNothing) {
  {
    archive a(file());
    a.put("A", one("phone", value(phone)), {}, {}, personal);
    a.put("A", one("tier", whole(2)));
  }
  archive_options wrong;
  wrong.key = std::string(32, 'x');
  {
    archive a(file(), wrong);
    EXPECT_EQ(a.get("A", "tier"), whole(2));
    says(errc::bad_format, "archive: the master key does not open the key file '" + file() + ".keys'",
         [&] { (void)a.get("A", "phone"); });
    EXPECT_THROW(a.put("A", one("phone", text("1"))), error);
  }
  fs::rename(file("customers.db.keys"), file("elsewhere"));
  {
    archive a(file());
    EXPECT_EQ(a.get("A", "phone"), locked());
    EXPECT_EQ(a.get("A").size(), 2u);
    says(errc::io, "archive::erase: the key file '" + file() + ".keys' is not there, so no key can be destroyed",
         [&] { a.erase("A", "request"); });
  }
  fs::rename(file("elsewhere"), file("customers.db.keys"));
  fs::rename(file("customers.db.master"), file("elsewhere"));
  {
    archive a(file());
    EXPECT_EQ(a.get("A", "phone"), locked());
    EXPECT_THROW(a.put("A", one("phone", text("1"))), error);  // no second master key is made for sealed values
    EXPECT_FALSE(fs::exists(file("customers.db.master")));
  }
  archive_options with;
  with.key_path = file("elsewhere");
  archive a(file(), with);
  EXPECT_EQ(a.get("A", "phone"), value(phone));
  says(errc::size_mismatch, "archive: the master key has 3 bytes, it must have 32", [&] {
    archive_options shorter;
    shorter.key = "abc";
    archive b(file("new.db"), shorter);
    b.put("A", one("x", whole(1)), {}, {}, personal);
  });
}

TEST_F(Erase, AKillBetweenTheStepsIsFinishedAtTheNextOpening) {
  {
    archive a(file());
    a.put("A", one("phone", value(phone)), {}, {}, personal);
    a.put("B", one("phone", text("kept")), {}, {}, personal);
  }
  sql(file(), "update person set state = 1 where customer = 1");  // killed right after the first step
  {
    archive a(file());
    EXPECT_EQ(a.get("A", "phone"), erased());
    EXPECT_EQ(a.get("B", "phone"), text("kept"));
    EXPECT_EQ(a.audit().back().what, "erased");
    EXPECT_TRUE(a.verify().ok);
  }
  // At random moments: afterwards it is either all there or all gone, and gone for good.
  const std::size_t kills = from_environment("GUANXI_KILLS", 12);
  std::size_t gone = 0;
  for (std::size_t i = 0; i < kills; ++i) {
    const std::string ref = "K" + std::to_string(i);
    {
      archive a(file());
      a.put(ref, std::vector<field_value>{{"phone", value(phone)}, {"mail", text("k@x")}}, {}, {}, personal);
    }
    const pid_t child = fork();
    if (child == 0) {
      archive a(file());
      a.erase(ref, "request");
      pause();
      _exit(0);
    }
    usleep(static_cast<useconds_t>(1000 + 37'000 * i / kills * 7 % 12'000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    archive a(file());
    const bool is_gone = a.get(ref, "phone") == erased();
    EXPECT_EQ(a.get(ref, "mail"), is_gone ? erased() : text("k@x"));
    if (!is_gone) {
      EXPECT_EQ(a.get(ref, "phone"), value(phone));
    }
    gone += is_gone;
    EXPECT_TRUE(a.verify().ok);
    EXPECT_EQ(a.check(), "ok");
  }
  RecordProperty("kills", static_cast<int>(kills));
  RecordProperty("gone", static_cast<int>(gone));
}

}  // namespace
}  // namespace guanxi::archive
