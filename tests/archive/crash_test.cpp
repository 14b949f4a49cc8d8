// Kills, power cuts, full disks, damaged files. Longer runs: GUANXI_KILLS=200, GUANXI_POWER_CUTS=100000 (all moments),
// GUANXI_FUZZ=20000.
#include <sys/wait.h>

#include <csignal>
#include <string>
#include <vector>

#include "support/archive.hpp"
#include "support/archive_vfs.hpp"

namespace guanxi::archive {
namespace {

using Crash = in_folder;

std::vector<field_value> pair_of(std::int64_t n, std::size_t bulk = 0) {
  return {{"x", n}, {"y", n}, {"bulk", std::string(bulk, 'z')}};
}

/// What must hold after any crash: at least what was acknowledged, at most one write more, whole; nothing damaged.
void expect_whole(const std::string& path, std::int64_t acknowledged) {
  archive a(path);
  EXPECT_EQ(a.check(), "ok");
  EXPECT_TRUE(a.verify().ok);
  const value x = a.get("A", "x"), y = a.get("A", "y");
  EXPECT_EQ(x, y);
  const std::int64_t stored = x.index() == 0 ? 0 : std::get<std::int64_t>(x);
  EXPECT_GE(stored, acknowledged);
  EXPECT_LE(stored, acknowledged + 1);
  EXPECT_EQ(a.history("A", "x").size(), static_cast<std::size_t>(stored == 0 ? 0 : 2 * stored - 1));
}

TEST_F(Crash, KilledAtRandomMomentsLosesNothingAcknowledged) {
  const std::size_t kills = from_environment("GUANXI_KILLS", 20);
  random_stream draw(11);
  {
    archive a(file());
    a.define({"note", false, false, true, "visit"});
  }
  std::int64_t written = 0, acknowledged_before = 0;
  for (std::size_t round = 0; round < kills; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const bool power_safe = round % 4 == 0;
    const pid_t child = fork();
    if (child == 0) {
      close(ends[0]);
      archive a(file(), {false, power_safe, 5000});
      const std::vector<expiry_rule> rules{{"all", "note", "", expiry_rule::end::valid_to, 0, 1, ""}};
      for (std::int64_t j = written + 1;; ++j) {
        a.put("A", std::vector<field_value>{{"x", j}, {"y", j}});
        if (write(ends[1], &j, sizeof j) != sizeof j) _exit(1);
        // beside it: what else writes, each a transaction or several
        const std::string ref = "N" + std::to_string(j);
        a.put(ref, one("note", text("asks for bearings")), {on(2020, 1, 1), on(2020, 2, 1), {}});
        if (j % 5 == 0) a.add(ref, "competitor", "Acme", text("Acme"));
        if (j % 7 == 0) a.expire(rules, on(2021, 1, 1), false);
        if (j % 11 == 0) a.hold("A", "dispute", always);
      }
    }
    close(ends[1]);
    usleep(static_cast<useconds_t>(2000 + draw.index(25'000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    std::int64_t acknowledged = acknowledged_before, next = 0;
    while (read(ends[0], &next, sizeof next) == sizeof next) acknowledged = next;
    close(ends[0]);
    expect_whole(file(), acknowledged);
    archive a(file());
    const value x = a.get("A", "x");
    written = x.index() == 0 ? 0 : std::get<std::int64_t>(x);
    acknowledged_before = written;
  }
  EXPECT_GT(written, static_cast<std::int64_t>(kills));
  RecordProperty("acknowledged", static_cast<int>(written));
}

/// Some customers in one load, which is there in full or not at all.
constexpr std::size_t in_load = 300;
void load_many(archive& a, std::size_t rows = in_load) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows; ++i) names.push_back("L" + std::to_string(1'000'000 + i));
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::vector<std::int64_t> tier(rows, 2);
  load_batch batch;
  batch.customer = views;
  batch.columns = {{"tier", std::span<const std::int64_t>(tier), {}, false},
                   {"name", std::span<const std::string_view>(views), {}, false}};
  (void)a.load({&batch, 1}, {on(2024, 1, 1), {}, {}});
}
std::size_t loaded(const std::string& path) {
  const archive a(path);
  if (a.fields().empty()) return 0;
  return a.find(one("tier", whole(2))).size();
}

TEST_F(Crash, AKilledLoadIsThereInFullOrNotAtAll) {
  random_stream draw(13);
  std::size_t full = 0, none = 0;
  const std::size_t kills = from_environment("GUANXI_KILLS", 16);
  for (std::size_t i = 0; i < kills; ++i) {
    for (const char* end : {"", "-wal", "-shm", "-journal"}) fs::remove(file() + end);
    {
      archive a(file());
    }
    const pid_t child = fork();
    if (child == 0) {
      archive a(file());
      load_many(a, 20'000);
      pause();
      _exit(0);
    }
    usleep(static_cast<useconds_t>(3'000 + draw.index(90'000)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::size_t there = loaded(file());
    EXPECT_TRUE(there == 0 || there == 20'000) << there;
    ++(there == 0 ? none : full);
    const archive a(file());
    EXPECT_EQ(a.check(), "ok");
    EXPECT_TRUE(a.verify().ok);
  }
  RecordProperty("full", static_cast<int>(full));
  RecordProperty("none", static_cast<int>(none));
}

/// A run of writes with closing and opening in between, on the recorded disk.
std::vector<recorded_disk::step> recorded_run(const std::string& path, bool power_safe) {
  const recorded_files files;
  recorded_disk& disk = recorded_disk::the();
  disk.recording = true;
  std::int64_t n = 0;
  for (int part = 0; part < 4; ++part) {
    archive a(path, {false, power_safe, 5000});
    if (part == 0) {
      load_many(a);
      disk.steps.push_back({recorded_disk::what::noted, {}, 0, {}});
    }
    for (int i = 0; i < 8; ++i) {
      a.put("A", pair_of(++n, 9000 * static_cast<std::size_t>(i % 3)));
      disk.acknowledge();
    }
    if (part % 2 == 0) a.close();  // folds the log into the file; else it stays behind for the next to find
  }
  return disk.steps;
}

TEST_F(Crash, APowerCutAtAnyMomentLosesNothingAcknowledged) {
  const auto steps = recorded_run(file(), true);
  ASSERT_GT(steps.size(), 200u);
  const std::size_t wanted = from_environment("GUANXI_POWER_CUTS", 150);
  const std::size_t stride = std::max<std::size_t>(1, steps.size() / wanted);
  random_stream draw(3);
  std::size_t cuts = 0;
  for (std::size_t moment = 1; moment <= steps.size(); moment += stride, ++cuts) {
    const after_power_cut cut(steps, moment, draw);
    const fs::path after = folder_ / "after";
    fs::remove_all(after);
    fs::create_directories(after);
    cut.write(folder_.string(), after.string());
    expect_whole((after / "customers.db").string(), static_cast<std::int64_t>(cut.acknowledged));
    const std::size_t there = loaded((after / "customers.db").string());
    EXPECT_TRUE(there == in_load || (there == 0 && !cut.noted)) << there;
    if (HasFailure()) FAIL() << "moment " << moment << " of " << steps.size();
  }
  RecordProperty("cuts", static_cast<int>(cuts));
}

TEST_F(Crash, WithoutPowerSafeTheLastMayBeLostButNothingIsDamaged) {
  const auto steps = recorded_run(file(), false);
  random_stream draw(4);
  const std::size_t stride = std::max<std::size_t>(1, steps.size() / from_environment("GUANXI_POWER_CUTS", 60));
  for (std::size_t moment = 1; moment <= steps.size(); moment += stride) {
    const after_power_cut cut(steps, moment, draw);
    const fs::path after = folder_ / "after";
    fs::remove_all(after);
    fs::create_directories(after);
    cut.write(folder_.string(), after.string());
    archive a((after / "customers.db").string());
    EXPECT_EQ(a.check(), "ok");
    EXPECT_TRUE(a.verify().ok);
    EXPECT_EQ(a.get("A", "x"), a.get("A", "y"));
    const std::size_t there = loaded((after / "customers.db").string());
    EXPECT_TRUE(there == in_load || there == 0) << there;
    if (HasFailure()) FAIL() << "moment " << moment << " of " << steps.size();
  }
}

TEST_F(Crash, TheRecordedDiskDoesLoseWhatWasNotSynced) {  // else the two tests above prove nothing
  const std::vector<recorded_disk::step> steps{{recorded_disk::what::write, "f", 0, std::string(1024, 'a')},
                                               {recorded_disk::what::sync, "f", 0, {}},
                                               {recorded_disk::what::write, "f", 0, std::string(1024, 'b')}};
  random_stream draw(1);
  std::size_t old = 0, fresh = 0, torn = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string bytes = after_power_cut(steps, 3, draw).files.at("f");
    old += bytes == std::string(1024, 'a');
    fresh += bytes == std::string(1024, 'b');
    torn += bytes == std::string(512, 'b') + std::string(512, 'a');
  }
  EXPECT_GT(old, 50u);
  EXPECT_GT(fresh, 50u);
  EXPECT_GT(torn, 3u);
}

TEST_F(Crash, AFullDiskSaysSoAndKeepsWhatWasThere) {
  const recorded_files files;
  recorded_disk& disk = recorded_disk::the();
  std::int64_t n = 0;
  {
    archive a(file());
    for (; n < 5;) a.put("A", std::vector<field_value>{{"x", n + 1}, {"y", n + 1}}), ++n;
    std::size_t refused = 0;
    for (sqlite3_int64 room = 0; room < 60'000; room += 2'500) {
      disk.room = room;
      try {
        a.put("A", pair_of(n + 1, 20'000));
        ++n;
      } catch (const error& e) {
        ++refused;
        EXPECT_EQ(std::string(e.what()).find("the disk is full; nothing of this write was kept") == std::string::npos,
                  false)
            << e.what();
        EXPECT_EQ(e.code(), errc::io);
      }
      disk.room = -1;
      EXPECT_EQ(a.get("A", "x"), whole(n));
      EXPECT_EQ(a.get("A", "y"), whole(n));
    }
    EXPECT_GT(refused, 5u);
    EXPECT_GT(n, 6);
    disk.failing_syncs = 1;
    try {
      a.put("A", std::vector<field_value>{{"x", n + 1}, {"y", n + 1}});
      ADD_FAILURE() << "no error";
    } catch (const error& e) {
      EXPECT_NE(std::string(e.what()).find("the disk does not answer"), std::string::npos) << e.what();
    }
  }
  archive a(file());
  EXPECT_EQ(a.check(), "ok");
  EXPECT_EQ(a.get("A", "x"), a.get("A", "y"));
  EXPECT_GE(std::get<std::int64_t>(a.get("A", "x")), n);
}

TEST_F(Crash, AnotherWriterIsWaitedForAndThenNamed) {
  archive a(file(), {false, true, 50});
  a.put("A", one("x", whole(1)));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "begin immediate", nullptr, nullptr, nullptr), SQLITE_OK);
  says(errc::io, "archive: a statement: another process has held the write lock for too long",
       [&] { a.put("A", one("x", whole(2))); });
  EXPECT_EQ(a.get("A", "x"), whole(1));  // readers do not wait
  sqlite3_exec(other, "rollback", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  a.put("A", one("x", whole(2)));
  EXPECT_EQ(a.get("A", "x"), whole(2));
}

TEST_F(Crash, AFileOfAnotherUserCanBeReadOnly) {
  {
    archive a(file());
    a.put("A", one("x", whole(1)));
    a.close();
  }
  fs::permissions(file(), fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  fs::permissions(folder_, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                               fs::perms::others_read | fs::perms::others_exec);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    std::string said = "no error";
    if (getuid() == 0 && setuid(65534) != 0) _exit(9);
    try {
      archive a(file());
    } catch (const error& e) {
      said = e.what();
    }
    try {
      archive a(file(), {true, true, 100});
      said += a.get("A", "x") == whole(1) ? "; it was read" : "; it was lost";
    } catch (const error& e) {
      said += e.what();
    }
    const auto sent = write(ends[1], said.data(), said.size());
    _exit(sent == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said(1000, '\0');
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(0, read(ends[0], said.data(), said.size()))));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 9) GTEST_SKIP() << "needs a user who is not root";
  EXPECT_EQ(said, "archive: '" + file() + "' may not be written by this user; open it with read_only; it was read");
}

TEST_F(Crash, AChildAfterAForkMustOpenItself) {
  archive a(file());
  a.put("A", one("x", whole(1)));
  const pid_t child = fork();
  if (child == 0) {
    try {
      (void)a.get("A", "x");
      _exit(1);
    } catch (const error& e) {
      _exit(std::string(e.what()).find("was opened before a fork; the child must open it itself") == std::string::npos
                ? 2
                : 0);
    }
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(a.get("A", "x"), whole(1));
}

TEST_F(Crash, ACutFileIsRefusedOrWholeAndAnEmptyOneBesideItsKeysIsNotMadeAnew) {
  {
    archive a(file());
    for (int i = 0; i < 200; ++i)
      a.put("C" + std::to_string(i), std::vector<field_value>{{"x", whole(i)}, {"note", std::string(300, 'n')}});
    if (can_seal()) a.put("C1", one("phone", text("+233")), {}, {}, {true, {}});
    a.close();
  }
  const std::string all = bytes_of(file());
  for (std::size_t size = 1; size < all.size(); size += size < 4096 ? 511 : 8191) {
    std::ofstream(file("cut.db"), std::ios::binary) << all.substr(0, size);
    try {
      archive a(file("cut.db"), {true, true, 100});
      EXPECT_NE(a.check(), "ok") << size;
    } catch (const error& e) {
      EXPECT_EQ(e.code(), errc::bad_format) << e.what();
    }
  }
  std::ofstream(file("letter.txt")) << "Dear Sirs";
  says(errc::bad_format,
       "archive: '" + file("letter.txt") + "' is not a guanxi archive: it does not begin like an SQLite file",
       [&] { archive a(file("letter.txt")); });
  EXPECT_EQ(bytes_of(file("letter.txt")), "Dear Sirs");
  if (!can_seal()) return;
  std::ofstream(file(), std::ios::binary | std::ios::trunc).close();
  says(errc::bad_format,
       "archive: '" + file() + "' is empty, but its key file '" + file() +
           ".keys' is there: the archive was cut or lost; bring it back from a backup",
       [&] { archive a(file()); });
}

/// Everything that reads, and some of what writes.
void use(const std::string& path, bool write, std::size_t& refused) {
  const auto tried = [&](auto&& call) {
    try {
      call();
    } catch (const error&) {
      ++refused;
    }
  };
  tried([&] {
    archive a(path, {!write, false, 50});
    tried([&] { (void)a.file("C1"); });
    tried([&] { (void)a.history("C2"); });
    tried([&] { (void)a.get("C3", "phone"); });
    tried([&] { (void)a.find({}); });
    for (const char* ref : {"L1", "L150", "L299"}) tried([&] { (void)a.file(ref); });
    tried([&] { (void)a.find(one("tier", whole(2))); });
    tried([&] { (void)a.find(one("country", text("Ghana"))); });
    tried([&] { (void)a.find({}, {}, "bearings"); });
    tried([&] { (void)a.columns(); });
    tried([&] { (void)a.fields(); });
    tried([&] { (void)a.audit(); });
    tried([&] { (void)a.verify(); });
    tried([&] { (void)a.runs(); });
    tried([&] { (void)a.get_run(1); });
    tried([&] { (void)a.check(); });
    const std::vector<expiry_rule> rules{{"all", "*", "Ghana", expiry_rule::end::valid_to, 1, 1, ""}};
    tried([&] { (void)a.expire(rules, on(2030, 1, 1)); });
    if (!write) return;
    tried([&] { a.put("C1", one("country", text("Peru"))); });
    tried([&] { a.add("C1", "competitor", "Bolt", text("Bolt")); });
    tried([&] { a.put("L7", one("tier", whole(1))); });
    tried([&] { a.define({"country", false, false, true, {}}); });
    tried([&] { a.put("C4", one("phone", text("1")), {}, {}, {can_seal(), {}}); });
    tried([&] { a.expire(rules, on(2030, 1, 1), false); });
    tried([&] { a.erase("C2", "x"); });
    tried([&] { a.compact(); });
  });
}

TEST_F(Crash, DamagedFilesNeverDoMoreThanSaySo) {
  {
    archive a(file());
    a.define({"note", false, false, true, "visit"});
    for (int i = 0; i < 40; ++i) {
      const std::string ref = "C" + std::to_string(i);
      a.put(
          ref,
          std::vector<field_value>{
              {"country", text(i % 2 ? "Ghana" : "Peru")}, {"tier", whole(i % 4)}, {"note", text("asks for bearings")}},
          {on(2020, 1, 1), i % 3 ? std::optional<instant>{} : on(2021, 1, 1), {}}, {"visit", "li"});
      a.add(ref, "competitor", "Acme", text("Acme"));
      if (can_seal()) a.put(ref, one("phone", text("+233 20 555")), {}, {}, {true, {}});
    }
    std::vector<std::string> names;
    for (int i = 0; i < 300; ++i) names.push_back("L" + std::to_string(i));
    const std::vector<std::string_view> loaded(names.begin(), names.end());
    const std::vector<std::int64_t> tier(300, 2);
    load_batch batch;
    batch.customer = loaded;
    batch.columns = {{"tier", std::span<const std::int64_t>(tier), {}, false},
                     {"country", std::span<const std::string_view>(loaded), {}, false}};
    (void)a.load({&batch, 1});
    a.add_run({0, "plan", "li", 0, {{"ledger", "abc"}}, "[1]"});
    a.hold("C5", "dispute", always);
    fs::copy_file(file("customers.db-wal"), file("wal"));  // a log as a kill leaves it
    fs::copy_file(file(), file("half"));
    a.close();
  }
  const std::string folded = bytes_of(file()), half = bytes_of(file("half")), wal = bytes_of(file("wal"));
  const std::string keys = can_seal() ? bytes_of(file("customers.db.keys")) : std::string();
  fs::create_directories(folder_ / "d");
  const std::string path = file("d/customers.db");
  if (can_seal()) fs::copy_file(file("customers.db.master"), path + ".master");
  random_stream draw(5);
  std::size_t refused = 0;
  const std::size_t rounds = from_environment("GUANXI_FUZZ", 150);
  for (std::size_t round = 0; round < rounds; ++round) {
    const bool with_log = round % 3 == 0;
    std::string db = with_log ? half : folded, log = with_log ? wal : std::string(), ring = keys;
    const auto harm = [&](std::string& bytes) {
      if (bytes.empty()) return;
      const auto kind = draw.index(5);
      if (kind == 0) bytes.resize(draw.index(bytes.size()) + 1);
      if (kind == 1) {  // a block of nothing
        const auto at = draw.index(bytes.size());
        std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                  bytes.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(bytes.size(), at + 512)), '\0');
      }
      const std::size_t many = 1 + draw.index(kind == 2 ? 200 : 8);
      for (std::size_t i = 0; i < many; ++i)  // the head of the file more often: there lies what the rest hangs on
        bytes[draw.bernoulli(0.3) ? draw.index(std::min<std::size_t>(bytes.size(), 200)) : draw.index(bytes.size())] =
            static_cast<char>(draw.index(256));
    };
    if (with_log && draw.bernoulli(0.5)) {
      harm(log);
    } else if (round % 7 == 0) {
      harm(ring);
    } else {
      harm(db);
    }
    for (const char* end : {"-wal", "-shm", ".keys", ".v1", ".v2", ".v0"}) fs::remove(path + end);
    std::ofstream(path, std::ios::binary) << db;
    if (!log.empty()) std::ofstream(path + "-wal", std::ios::binary) << log;
    if (!ring.empty()) std::ofstream(path + ".keys", std::ios::binary) << ring;
    use(path, round % 2 == 0, refused);
  }
  EXPECT_GT(refused, rounds / 4);
}

}  // namespace
}  // namespace guanxi::archive
