// Older files are opened, brought up to date, and say what they said before.
#include <sqlite3.h>
#include <sys/wait.h>

#include <csignal>

#include "support/archive.hpp"

namespace guanxi::archive {
namespace {

using Migrate = in_folder;

void make(const std::string& path, const std::string& sql) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
  char* problem = nullptr;
  EXPECT_EQ(sqlite3_exec(db, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK)
      << (problem != nullptr ? problem : "");
  sqlite3_free(problem);
  sqlite3_close(db);
}

/// The tables as version 1 made them, word for word, with a few facts and a chain of one row.
std::string version_1() {
  const std::string hash = sha256("0:1:14:10006:create0:8:schema 1");
  return R"(
  create table meta(key text primary key, value any) strict;
  create table customer(id integer primary key, ref text not null unique) strict;
  create table field(id integer primary key, name text not null unique, kind integer not null) strict;
  create table origin(id integer primary key, source text not null, user text not null, unique(source, user)) strict;
  create table fact(subject integer not null, field integer not null, vf integer not null, vt integer not null,
    tf integer not null, tt integer not null, value any, origin integer not null,
    primary key(subject, field, tf, vf), check(vf < vt and tf < tt)) strict, without rowid;
  create index fact_open on fact(field, value, subject) where tt = 9223372036854775807;
  create index fact_ended on fact(field, vt) where vt < 9223372036854775807;
  create table hold(customer integer primary key, reason text not null, until integer not null) strict;
  create table run(id integer primary key, name text not null, at integer not null, user text not null,
    inputs text not null, result text not null) strict;
  create table audit(n integer primary key, at integer not null, what text not null, subject text not null,
    detail text not null, hash text not null) strict;
  create trigger audit_stays before delete on audit begin select raise(abort, 'the audit chain is append only'); end;
  create trigger audit_same before update on audit begin select raise(abort, 'the audit chain is append only'); end;
  pragma application_id = 1735942514; pragma user_version = 1;
  insert into customer values(1, 'C-17'), (2, 'C-18');
  insert into field values(1, 'tier', 2), (2, 'country', 4);
  insert into origin values(1, 'visit', 'li');
  insert into fact values(1, 1, 0, 9223372036854775807, 100, 500, 2, 1), (1, 1, 0, 300, 500, 9223372036854775807, 2, 1),
    (1, 1, 300, 9223372036854775807, 500, 9223372036854775807, 3, 1), (1, 2, 0, 9223372036854775807, 100, 9223372036854775807, '065', 1),
    (2, 2, 0, 9223372036854775807, 100, 9223372036854775807, 'Ghana', 1);
  insert into meta values('clock', '500'), ('tail', ')" +
         hash + R"('), ('tail_rows', '1');
  insert into audit values(1, 1000, 'create', '', 'schema 1', ')" +
         hash + "');";
}

void expect_as_before(const archive& a) {
  EXPECT_EQ(a.get("C-17", "tier"), whole(3));
  EXPECT_EQ(a.get("C-17", "tier", {400, 400}), whole(2));
  EXPECT_EQ(a.get("C-17", "tier", {200, {}}), whole(2));
  EXPECT_EQ(a.get("C-17", "country"), text("065"));
  EXPECT_EQ(a.find(one("country", text("Ghana"))), (std::vector<std::string>{"C-18"}));
  EXPECT_EQ(a.history("C-17", "tier").size(), 3u);
  EXPECT_EQ(a.history("C-17", "tier")[0].user, "li");
  EXPECT_TRUE(a.verify().ok);
  EXPECT_EQ(a.check(), "ok");
}

TEST_F(Migrate, FromTheFirstSchema) {
  make(file(), version_1());
  says(errc::bad_format,
       "archive: '" + file() +
           "' has schema 1, which is older than 4; open it once for writing, which brings it up to date",
       [&] { archive a(file(), {true, true, 100}); });
  {
    archive a(file());
    expect_as_before(a);
    const auto chain = a.audit();
    ASSERT_EQ(chain.size(), 4u);
    EXPECT_EQ(chain[1].detail, "schema 1 to 2");
    EXPECT_EQ(chain[2].detail, "schema 2 to 3");
    a.put("C-17", one("tier", whole(1)));
    a.add("C-17", "competitor", "Acme", text("Acme"));
    a.define({"note", false, false, true, {}});
    a.put("C-17", one("note", text("asks for bearings")));
    EXPECT_EQ(a.find({}, {}, "bearings"), (std::vector<std::string>{"C-17"}));
    if (can_seal()) {
      a.put("C-17", one("phone", text("+233")), {}, {}, {true, {}});
      EXPECT_EQ(a.get("C-17", "phone"), text("+233"));
    }
    EXPECT_TRUE(a.verify().ok);
  }
  EXPECT_TRUE(fs::exists(file() + ".v1"));  // as it was, beside it
  archive again(file());
  EXPECT_EQ(again.get("C-17", "tier"), whole(1));
}

TEST_F(Migrate, FromTheSecondSchema) {
  {
    archive a(file());
    a.put("C-17", one("tier", whole(2)), {0, {}, 100}, {"visit", "li"});
    a.put("C-17", one("country", text("065")), {0, {}, 100}, {"visit", "li"});
    a.put("C-18", one("country", text("Ghana")), {0, {}, 100}, {"visit", "li"});
    a.put("C-17", one("tier", whole(3)), {300, {}, 500}, {"visit", "li"});
    a.add("C-17", "competitor", "Acme", text("Acme"));
  }
  make(file(),
       "drop table words; drop table word; drop table pack; drop table posting; drop table posting_load; drop table "
       "packed_field; pragma "
       "user_version = 2;");
  archive a(file());
  expect_as_before(a);
  EXPECT_EQ(a.file("C-17")[0].key, "Acme");
  EXPECT_EQ(a.audit().back().detail, "schema 3 to 4");
  EXPECT_TRUE(fs::exists(file() + ".v2"));
}

TEST_F(Migrate, AnEmptyFileOfVersionOneAndAKillInBetween) {
  make(file(), version_1());
  const std::string before = bytes_of(file());
  for (int i = 0; i < 6; ++i) {
    for (const char* end : {"", "-wal", "-shm", ".v1"}) fs::remove(file() + end);
    std::ofstream(file(), std::ios::binary) << before;
    const pid_t child = fork();
    if (child == 0) {
      archive a(file());
      pause();
      _exit(0);
    }
    usleep(static_cast<useconds_t>(500 + 1500 * i));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    archive a(file());
    expect_as_before(a);
  }
}

}  // namespace
}  // namespace guanxi::archive
