// Care of the whole: is it sound, copies, room given back.
#include <filesystem>

#include "sqlite.hpp"
#include "store.hpp"

namespace guanxi::archive {

void archive::store::busy(int ms) {
  if (file != nullptr) sqlite3_busy_timeout(*file, ms);
}

bool archive::store::rewrite() {
  if (on_server) return false;  // rows that changed leave the server's pages when it cleans them
  return sqlite3_exec(*file, "vacuum", nullptr, nullptr, nullptr) == SQLITE_OK &&
         sqlite3_wal_checkpoint_v2(*file, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK;
}

std::int64_t archive::data_version() const {
  const in_turn turn(store_);
  return store_->db->version();
}

std::string archive::check() const {
  const in_turn turn(store_);
  store& s = *store_;
  if (s.file != nullptr) {
    statement q(s.db, "pragma integrity_check(1)");
    return q.step() ? q.text(0) : "ok";
  }
  // The server looks after its pages; what a fact must be is asked of the rows.
  const transaction t(s.db, false);
  if (const auto n =
          s.number("select count(*) from fact a join fact b on b.subject = a.subject and b.field = a.field and "
                   "b.item = a.item and (a.tf, a.vf) < (b.tf, b.vf) where a.vf < b.vt and b.vf < a.vt and "
                   "a.tf < b.tt and b.tf < a.tt");
      n != 0)
    return std::to_string(n) + " pairs of versions of one fact overlap";
  if (const auto n = s.number("select count(*) from fact f where not exists(select 1 from customer c where c.id = "
                              "f.subject) or not exists(select 1 from field d where d.id = f.field)");
      n != 0)
    return std::to_string(n) + " facts have no customer or no field";
  return "ok";
}

void archive::backup(const std::string& path) const {
  {
    const in_turn turn(store_);
    if (std::filesystem::exists(path))
      throw error(errc::io, "archive::backup: '" + path + "' is there already; it is not overwritten");
    if (store_->file != nullptr) {
      sqlite_database into;
      if (sqlite3_open_v2(path.c_str(), &into.raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr) != SQLITE_OK)
        throw error(errc::io, "archive::backup: cannot make '" + path + "': " + sqlite3_errmsg(into));
      sqlite3_backup* copy = sqlite3_backup_init(into, "main", *store_->file, "main");
      if (copy == nullptr) fail(into, "beginning a backup");
      int code = SQLITE_OK;
      while ((code = sqlite3_backup_step(copy, 4096)) == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED)
        if (code != SQLITE_OK) sqlite3_sleep(10);
      sqlite3_backup_finish(copy);
      if (code != SQLITE_DONE) fail(into, "writing the backup '" + path + "'");
      return;
    }
  }
  copy_to(path);
}

namespace {
struct copied {
  const char *all, *put;
  int columns;
  const char* counter;  // the server's next number
};
constexpr copied tables[] = {
    {"select key, value from meta where key not in ('writes', 'application', 'schema')",
     "insert into meta values(?, ?)", 2, nullptr},
    {"select id, ref from customer", "insert into customer(id, ref) values(?, ?)", 2, "customer"},
    {"select id, name, kind, many, personal, searchable, grp from field",
     "insert into field(id, name, kind, many, personal, searchable, grp) values(?, ?, ?, ?, ?, ?, ?)", 7, "field"},
    {"select id, source, \"user\" from origin", "insert into origin(id, source, \"user\") values(?, ?, ?)", 3,
     "origin"},
    {"select customer, reason, until from hold", "insert into hold values(?, ?, ?)", 3, nullptr},
    {"select id, name, at, \"user\", inputs, result from run",
     "insert into run(id, name, at, \"user\", inputs, result) values(?, ?, ?, ?, ?, ?)", 6, "run"},
    {"select n, at, what, subject, detail, hash from audit order by n", "insert into audit values(?, ?, ?, ?, ?, ?)", 6,
     nullptr},
    {"select id, text from item", "insert into item(id, text) values(?, ?)", 2, "item"},
    {"select id, customer, label, state from person", "insert into person values(?, ?, ?, ?)", 4, nullptr},
    {"select subject, field, item, vf, vt, tf, tt, value, person, origin from fact order by subject, field, item, tf, "
     "vf",
     "insert into fact values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", 10, nullptr},
    {"select id, subject, field, item from word", "insert into word(id, subject, field, item) values(?, ?, ?, ?)", 4,
     "word"},
    {"select rowid, body from words", "insert into words(rowid, body) values(?, ?)", 2, nullptr},
    {"select subject, tf, vf, origin, body from pack", "insert into pack values(?, ?, ?, ?, ?)", 5, nullptr},
    {"select field, value, load, ids from posting", "insert into posting values(?, ?, ?, ?)", 4, nullptr},
    {"select load from posting_load", "insert into posting_load values(?)", 1, nullptr},
    {"select field from packed_field", "insert into packed_field values(?)", 1, nullptr},
};
}  // namespace

void archive::copy_to(const std::string& where) const {
  const in_turn turn(store_);
  store& s = *store_;
  store to;
  to.path = where;
  to.options = s.options;
  to.options.read_only = false;
  to.options.keys.clear();
  to.bare = true;
  if (!names_a_server(where) && std::filesystem::exists(where))
    throw error(errc::io, "archive::copy_to: '" + where + "' is there already; it is not overwritten");
  to.open();
  if (to.number("select count(*) from audit") != 0)
    throw error(errc::io, "archive::copy_to: there is an archive already; it is not overwritten");
  const transaction from(s.db, false);  // one state of the source
  transaction t(to.db, true);
  for (const copied& table : tables) {
    statement all(s.db, table.all), put(to.db, table.put);
    while (all.step()) {
      for (int i = 0; i < table.columns; ++i) put.copy(i + 1, all, i);
      put.run();
    }
    if (to.on_server && table.counter != nullptr)
      to.db->execute(("select setval(pg_get_serial_sequence('" + std::string(table.counter) +
                      "', 'id'), coalesce(max(id), 0) + 1, false) from " + table.counter)
                         .c_str(),
                     "copying");
  }
  to.log("copy", "", s.on_server ? "from a server" : "from a file");
  t.commit();
  to.db->checkpoint();
}

void archive::compact() {
  const in_turn turn(store_);
  store& s = *store_;
  if (s.options.read_only) throw error(errc::io, "archive: compact: the archive is open for reading only");
  if (s.on_server) return s.db->execute("vacuum", "compacting");
  s.db->execute("insert into words(words) values('optimize')", "compacting");
  s.db->execute("vacuum", "compacting");
  s.db->checkpoint();
}

}  // namespace guanxi::archive
