#include <guanxi/archive/archive.hpp>
#include <guanxi/base/random.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reference/archive_log.hpp"
#include "support/archive.hpp"

namespace guanxi::archive {
namespace {

using Archive = in_folder;

TEST(Sha256, MeetsThePublishedVectors) {  // FIPS 180-4 examples
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_F(Archive, TwoTimes) {
  archive a(place(), options());
  // In March we believed tier 2 since January; in May we learnt that it had been 3 since February.
  a.put("C-17", one("tier", whole(2)), {on(2024, 1, 1), {}, on(2024, 3, 1)}, {"visit", "li"});
  a.put("C-17", one("tier", whole(3)), {on(2024, 2, 1), {}, on(2024, 5, 1)}, {"invoice", "wu"});
  EXPECT_EQ(a.get("C-17", "tier", {on(2024, 4, 1), on(2024, 4, 1)}), whole(2));
  EXPECT_EQ(a.get("C-17", "tier", {on(2024, 4, 1), on(2024, 5, 1)}), whole(3));
  EXPECT_EQ(a.get("C-17", "tier", {on(2024, 1, 15), {}}), whole(2));
  EXPECT_EQ(a.get("C-17", "tier", {on(2023, 12, 31), {}}), value{});
  EXPECT_EQ(a.get("C-17", "tier", {on(2024, 4, 1), on(2024, 2, 1)}), value{});
  EXPECT_EQ(a.get("C-17", "tier"), whole(3));
  const auto history = a.history("C-17");
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].known_to, on(2024, 5, 1));
  EXPECT_EQ(history[1].value, whole(2));
  EXPECT_EQ(history[1].valid_to, on(2024, 2, 1));
  EXPECT_EQ(history[1].user, "li");
  EXPECT_EQ(history[2].user, "wu");
  // Taken back: nothing is known, history still shows it.
  a.put("C-17", one("tier", value{}), {on(2024, 2, 1), {}, {}});
  EXPECT_EQ(a.get("C-17", "tier"), value{});
  EXPECT_TRUE(a.get("C-17").empty());
  EXPECT_EQ(a.get("C-17", "tier", {on(2024, 4, 1), on(2024, 5, 1)}), whole(3));
  EXPECT_TRUE(a.get("nobody").empty());
}

TEST_F(Archive, EveryKindComesBack) {
  archive a(place(), options());
  const std::vector<field_value> fields{{"a", true},
                                        {"b", std::int64_t{1} << 62},
                                        {"c", 0.1},
                                        {"d", text("值 065 🙂")},
                                        {"e", date_value{to_day({2024, 2, 29})}}};
  a.put("客户", fields);
  EXPECT_EQ(a.get("客户"), fields);
  a.put("x", std::vector<field_value>{{"d", text("065")}, {"big", std::string(1'000'000, 'z')}});
  EXPECT_EQ(a.get("x", "d"), text("065"));  // no code loses its zeros
  EXPECT_EQ(std::get<std::string>(a.get("x", "big")).size(), 1'000'000u);
}

TEST_F(Archive, RandomWritesEqualTheLog) {
  archive a(place(), options(false));
  random_stream draw(7);
  std::size_t wrong = 0, asked = 0, written = 0;
  for (int customer = 0; customer < 25; ++customer) {
    const std::string ref = "C" + std::to_string(customer);
    reference::archive_log log;
    std::int64_t known = 100;
    for (int w = 0; w < 30; ++w) {
      known += static_cast<std::int64_t>(draw.index(3));  // ties as well
      const auto from = static_cast<std::int64_t>(draw.index(40));
      const bool open = draw.bernoulli(0.3);
      const std::int64_t to = open ? always : from + 1 + static_cast<std::int64_t>(draw.index(20));
      const int x = static_cast<int>(draw.index(5));
      log.writes.push_back({from, to, known, x});
      a.put(ref, one("f", x == 0 ? value{} : whole(x)), {from, to, known}, {draw.bernoulli(0.5) ? "s" : "t", "u"});
      ++written;
    }
    for (std::int64_t k = 99; k <= known + 1; ++k)
      for (std::int64_t v = -1; v < 62; ++v) {
        const int want = log.ask(v, k);
        wrong += a.get(ref, "f", {v, k}) != (want == 0 ? value{} : whole(want));
        ++asked;
      }
    // Open rows do not overlap, no row is empty, and there are at most three rows a write.
    auto rows = a.history(ref, "f");
    EXPECT_LE(rows.size(), 3 * 30u);
    for (const auto& r : rows) {
      EXPECT_LT(r.valid_from, r.valid_to);
      EXPECT_LT(r.known_from, r.known_to);
    }
    std::erase_if(rows, [](const version& r) { return r.known_to != always; });
    std::sort(rows.begin(), rows.end(), [](const auto& l, const auto& r) { return l.valid_from < r.valid_from; });
    for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_LE(rows[i - 1].valid_to, rows[i].valid_from);
  }
  EXPECT_EQ(wrong, 0u) << "of " << asked;
  EXPECT_GT(asked, 40'000u);
}

TEST_F(Archive, WhatWasKnownStaysKnown) {  // no look-ahead
  archive a(place(), options());
  a.put("A", one("tier", whole(1)));
  const instant then = a.put("B", one("tier", whole(2)));
  const auto before = a.find({}, {then, then});
  a.put("A", one("tier", whole(4)), {0, {}, {}});
  a.put("C", one("tier", whole(4)), {0, {}, {}});
  EXPECT_EQ(a.find({}, {then, then}), before);
  EXPECT_EQ(a.get("A", "tier", {then, then}), whole(1));
}

TEST_F(Archive, FindsByFields) {
  archive a(place(), options());
  for (int i = 0; i < 30; ++i)
    a.put("C" + std::to_string(10 + i),
          std::vector<field_value>{{"country", text(i % 3 ? "Ghana" : "Peru")}, {"tier", whole(i % 4)}});
  EXPECT_EQ(a.find({}).size(), 30u);
  const std::vector<field_value> both{{"country", text("Ghana")}, {"tier", whole(1)}};
  EXPECT_EQ(a.find(both), (std::vector<std::string>{"C11", "C15", "C23", "C27", "C35", "C39"}));
  const instant then = a.put("C11", one("tier", whole(3)));
  EXPECT_EQ(a.find(both).size(), 5u);
  EXPECT_EQ(a.find(both, {then - 1, then - 1}).size(), 6u);
  says(errc::unknown_name, "archive::find: no field 'region'", [&] { (void)a.find(one("region", text("x"))); });
}

TEST_F(Archive, SaysWhatIsWrong) {
  archive a(place(), options());
  a.put("A7", one("tier", whole(1)), {on(2024, 1, 1), {}, on(2024, 3, 2)});
  says(errc::out_of_order,
       "archive::put: known_at 2024-01-01 is before the newest version of customer 'A7' field 'tier' (2024-03-02)",
       [&] { a.put("A7", one("tier", whole(2)), {{}, {}, on(2024, 1, 1)}); });
  says(errc::out_of_domain, "archive::put: valid_to 2024-01-01 is not after valid_from 2024-02-01",
       [&] { a.put("A7", one("tier", whole(2)), {on(2024, 2, 1), on(2024, 1, 1), {}}); });
  says(errc::out_of_domain, "archive::put: known_at 2999-01-01 is in the future",
       [&] { a.put("A7", one("tier", whole(2)), {{}, {}, on(2999, 1, 1)}); });
  says(errc::bad_format, "archive: field 'tier' holds a whole number, this is a text",
       [&] { a.put("A7", one("tier", text("three"))); });
  says(errc::empty, "archive::put: 'customer' is empty, it must be the customer's id",
       [&] { a.put("", one("tier", whole(2))); });
  says(errc::not_finite, "archive::put: field 'x' is not a finite number; nothing known is null",
       [&] { a.put("A7", one("x", std::numeric_limits<double>::quiet_NaN())); });
  says(errc::bad_format, "archive: 'value' has a zero byte inside its text",
       [&] { a.put("A7", one("note", std::string("a\0b", 3))); });
  // A refused write leaves nothing behind, not even its first fields.
  EXPECT_THROW(a.put("A7", std::vector<field_value>{{"new", whole(1)}, {"tier", text("x")}}), error);
  EXPECT_EQ(a.get("A7", "new"), value{});
}

TEST_F(Archive, ForeignAndNewerFilesAreRefused) {
  std::ofstream(file("text.db")) << std::string(5000, 'x');
  EXPECT_THROW(archive{file("text.db")}, error);
  says(errc::io, "archive: cannot open '/no/such/folder/a.db': unable to open database file",
       [] { archive a("/no/such/folder/a.db"); });
  {
    archive a(file());
  }
  // user_version is a big-endian word at byte 60 of the header, application_id at 68.
  const auto patch = [&](std::streamoff at, char x) {
    std::fstream f(file(), std::ios::in | std::ios::out | std::ios::binary);
    f.seekp(at);
    f.put(x);
  };
  patch(63, 9);
  says(errc::bad_format, "archive: '" + file() + "' has schema 9, this library knows 4", [&] { archive a(file()); });
  patch(63, 4);
  patch(68, 0);
  EXPECT_THROW(archive{file()}, error);
}

TEST_F(Archive, ReadOnlyReadsAndRefusesToWrite) {
  archive writer(file());
  writer.put("A", one("tier", whole(1)));
  archive reader(file(), {true, true, 100});
  EXPECT_EQ(reader.get("A", "tier"), whole(1));
  says(errc::io, "archive: beginning a write: the archive is open for reading only",
       [&] { reader.put("A", one("tier", whole(2))); });
}

TEST_F(Archive, ExpiryShowsFirstAndThenDoesTheSame) {
  archive a(place(), options());
  a.put("A", one("note", text("old")), {on(2019, 1, 1), on(2020, 2, 29), on(2021, 1, 1)});
  a.put("A", one("country", text("Peru")), {on(2019, 1, 1), {}, on(2021, 1, 1)});
  a.put("B", one("note", text("kept by hold")), {on(2019, 1, 1), on(2020, 1, 1), on(2021, 1, 1)});
  a.put("C", one("note", text("open")), {on(2019, 1, 1), {}, on(2021, 1, 1)});
  a.hold("B", "dispute", always, "li");
  const std::vector<expiry_rule> rules{{"notes", "note", "", expiry_rule::end::valid_to, 1, 0, "visit notes"},
                                       {"all", "*", "", expiry_rule::end::valid_to, 0, 10, "short"}};
  EXPECT_TRUE(a.expire(rules, on(2021, 2, 27)).rows.empty());  // the rule that keeps longest wins
  const auto preview = a.expire(rules, on(2021, 2, 28));       // 29 February + 1 year
  ASSERT_EQ(preview.rows.size(), 1u);
  EXPECT_EQ(preview.rows[0].customer, "A");
  EXPECT_EQ(preview.rows[0].rule, "notes");
  ASSERT_EQ(preview.held.size(), 1u);
  EXPECT_EQ(preview.held[0].customer, "B");
  EXPECT_FALSE(preview.done);
  EXPECT_EQ(a.history("A", "note").size(), 1u);
  EXPECT_EQ(a.audit().back().what, "hold");
  // The archive changed since: the token no longer fits.
  a.put("D", one("note", text("new")), {on(2019, 1, 1), on(2019, 2, 1), {}});
  EXPECT_THROW(a.expire(rules, on(2021, 2, 28), false, preview.token), error);
  const auto again = a.expire(rules, on(2021, 2, 28));
  const auto run = a.expire(rules, on(2021, 2, 28), false, again.token, "li");
  EXPECT_TRUE(run.done);
  ASSERT_EQ(run.rows.size(), 2u);
  EXPECT_TRUE(a.history("A", "note").empty());
  EXPECT_EQ(a.history("B", "note").size(), 1u);
  EXPECT_EQ(a.history("C", "note").size(), 1u);
  EXPECT_EQ(a.audit().back().what, "expire");
  EXPECT_TRUE(a.expire(rules, on(2021, 2, 28)).rows.empty());
  // Corrected versions have their own rule; by country.
  a.put("A", one("country", text("Ghana")), {on(2019, 1, 1), {}, {}});
  const std::vector<expiry_rule> old{{"history", "*", "Ghana", expiry_rule::end::known_to, 0, 30, ""}};
  EXPECT_EQ(a.expire(old, on(2999, 1, 1)).rows.size(), 1u);
  const std::vector<expiry_rule> peru{{"history", "*", "Peru", expiry_rule::end::known_to, 0, 30, ""}};
  EXPECT_TRUE(a.expire(peru, on(2999, 1, 1)).rows.empty());
}

TEST_F(Archive, RunsAreKept) {
  archive a(place(), options());
  const auto first =
      a.add_run({0, "plan 2025", "li", 0, {{"ledger", "abc"}, {"deliveries", "def"}}, R"([{"hours":3}])"});
  a.add_run({0, "plan 2026", "li", 0, {}, "[]"});
  ASSERT_EQ(a.runs().size(), 2u);
  const run back = a.get_run(first);
  EXPECT_EQ(back.name, "plan 2025");
  EXPECT_EQ(back.inputs.size(), 2u);
  EXPECT_EQ(back.inputs[1], (std::pair<std::string, std::string>{"deliveries", "def"}));
  EXPECT_EQ(back.result, R"([{"hours":3}])");
  EXPECT_GT(back.at, 0);
  EXPECT_TRUE(a.verify().ok);
  says(errc::unknown_name, "archive::get_run: no run 99", [&] { (void)a.get_run(99); });
}

TEST_F(Archive, TheChainShowsEveryChange) {
  {
    archive a(file());
    a.put("A", one("tier", whole(1)));
    for (int i = 0; i < 5; ++i) a.add_run({0, "run" + std::to_string(i), "li", 0, {}, "[" + std::to_string(i) + "]"});
    a.hold("A", "dispute", always);
    const auto v = a.verify();
    EXPECT_TRUE(v.ok);
    EXPECT_EQ(v.rows, 7);
    EXPECT_TRUE(a.verify(v.tail).ok);
    EXPECT_FALSE(a.verify("0000").ok);
    a.close();
    EXPECT_THROW((void)a.verify(), error);
  }
  const auto broken = [&](const char* sql, std::int64_t row) {
    fs::copy_file(file(), file("copy.db"), fs::copy_options::overwrite_existing);
    const std::string command = "sqlite3 '" + file("copy.db") + "' \"" + sql + "\" >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << sql;
    archive a(file("copy.db"));
    const auto v = a.verify();
    EXPECT_FALSE(v.ok) << sql;
    EXPECT_EQ(v.first_bad, row) << sql;
    a.close();
  };
  if (std::system("sqlite3 --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs the sqlite3 command";
  EXPECT_NE(std::system(("sqlite3 '" + file() + "' 'delete from audit where n = 3' >/dev/null 2>&1").c_str()), 0);
  broken("drop trigger audit_same; update audit set detail = 'x' where n = 3", 3);
  broken("drop trigger audit_stays; delete from audit where n = 4", 4);
  broken("drop trigger audit_stays; delete from audit where n = 7", 7);
  broken("update run set result = '[]' where id = 2", 3);
}

TEST_F(Archive, ManyProcessesReadWhileOneWrites) {
  {
    archive a(place(), options(false));
  }
  // A pair of fields is always written together: no snapshot may see them differ.
  std::vector<pid_t> readers;
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      int bad = 0;
      try {
        archive_options o = options(false);
        o.read_only = true;
        archive a(place(), o);
        for (int j = 0; j < 300; ++j) {
          const auto fields = a.get("A");
          bad += !fields.empty() && fields[0].second != fields[1].second;
        }
      } catch (...) {
        bad = 100;
      }
      _exit(std::min(bad, 100));
    }
    readers.push_back(child);
  }
  const pid_t other = fork();
  if (other == 0) {
    int bad = 0;
    try {
      archive a(place(), options(false));
      for (std::int64_t j = 0; j < 100; ++j) a.put("B" + std::to_string(j), one("x", j));
    } catch (...) {
      bad = 1;
    }
    _exit(bad);
  }
  {
    archive a(place(), options(false));
    for (std::int64_t j = 0; j < 200; ++j) a.put("A", std::vector<field_value>{{"x", j}, {"y", j}});
  }
  readers.push_back(other);
  for (const pid_t child : readers) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  archive a(place(), options());
  EXPECT_EQ(a.find({}).size(), 101u);  // no lost write
  EXPECT_EQ(a.history("A", "x").size(), 399u);
}

TEST_F(Archive, AKilledWriterLosesNothingAcknowledged) {
  {
    archive a(place(), options(false));
  }
  std::int64_t written = 0;
  for (int round = 0; round < 12; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
      archive a(place(), options(false));
      for (std::int64_t j = written;; ++j) {
        a.put("A", std::vector<field_value>{{"x", j}, {"y", j}});
        if (write(ends[1], &j, sizeof j) != sizeof j) _exit(1);
      }
    }
    close(ends[1]);
    std::int64_t acknowledged = -1;
    for (int j = 0; j < 5 + round * 3; ++j)
      if (read(ends[0], &acknowledged, sizeof acknowledged) != sizeof acknowledged) break;
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::int64_t more = 0;
    while (read(ends[0], &more, sizeof more) == sizeof more) acknowledged = more;
    close(ends[0]);
    archive a(place(), options());
    const auto fields = a.get("A");
    ASSERT_EQ(fields.size(), 2u);
    EXPECT_EQ(fields[0].second, fields[1].second);
    const auto stored = std::get<std::int64_t>(fields[0].second);
    EXPECT_GE(stored, acknowledged);
    EXPECT_LE(stored, acknowledged + 1);
    EXPECT_TRUE(a.verify().ok);
    written = stored + 1;
  }
}

}  // namespace
}  // namespace guanxi::archive
