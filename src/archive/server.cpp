// An archive on a server: made, brought up to date, and who may see which customers.
#include <algorithm>

#include "libpq.hpp"
#include "schema_server.hpp"
#include "store.hpp"

namespace guanxi::archive {
bool can_use_server(const std::string& library) {
  if (!library.empty()) pq::look_at(library);
  return pq::the().ready;
}

namespace {

void replace_all(std::string& text, std::string_view what, std::string_view by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
    text.replace(at, what.size(), by);
}

/// The SQL of a policy with its lists; the longer names first.
std::string with_rights(std::string sql) {
  const std::string role = "role in (select r.rolname from pg_roles r where pg_has_role(r.oid, 'usage'))";
  const std::string mine = "select a.customer from access a where a." + role;
  replace_all(sql, "$all_write", "exists(" + mine + " and a.customer = 0 and a.writes)");
  replace_all(sql, "$all", "exists(" + mine + " and a.customer = 0)");
  replace_all(sql, "$mine_write", mine + " and a.writes");
  replace_all(sql, "$mine", mine);
  replace_all(sql, "$role", role);
  return sql;
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"') out += c;
    out += c;
  }
  return out + '"';
}

void want_role(const std::string& role) {
  if (role.empty() || role.size() > 63 || role.find('\0') != std::string::npos)
    throw error(errc::out_of_domain, "archive::allow: 'role' must be the name of a role on the server");
}

}  // namespace

void archive::store::open_server() {
  db.raw = open_postgres(path, options);
  path = "the server";  // the words may hold a password: they stand in no sentence
  const char* tables = "select count(*) from pg_catalog.pg_tables where schemaname = current_schema()";
  const char* ours =
      "select count(*) from pg_catalog.pg_tables where schemaname = current_schema() and tablename in ('meta', "
      "'audit', "
      "'fact', 'packed_field')";
  if (number(ours) < 4) {
    if (number(tables) != 0)
      throw error(errc::bad_format,
                  "archive: this schema of the server holds other tables; make a schema for the archive alone and name "
                  "it: postgresql://...?options=-csearch_path%3Dcustomers");
    if (options.read_only)
      throw error(errc::io, "archive: the server holds no archive, and it is open for reading only");
    transaction t(db, true);
    if (number(ours) < 4) {  // nobody was faster
      db->execute(server_tables, "making the tables");
      db->execute(with_rights(server_rights).c_str(), "making the tables");
      for (const auto& [table, column] :
           {std::pair{"fact", "subject"}, std::pair{"pack", "subject"}, std::pair{"word", "subject"},
            std::pair{"hold", "customer"}, std::pair{"person", "customer"}}) {
        std::string sql = server_right;
        replace_all(sql, "$table", table);
        replace_all(sql, "$column", column);
        db->execute(with_rights(std::move(sql)).c_str(), "making the tables");
      }
      db->execute(server_words_right, "making the tables");
      db->execute(
          "do $$ begin create extension if not exists pg_trgm; create index words_body on words using gin (body "
          "gin_trgm_ops); exception when others then null; end $$",
          "making the tables");  // without it a search reads all texts
      set_meta("application", "guanxi");
      set_meta("schema", std::to_string(schema_version));
      if (!bare) {
        set_meta("id", new_id());
        log("create", "", "schema " + std::to_string(schema_version) + " on a server");
      }
    }
    t.commit();
  }
  if (meta("application") != "guanxi")
    throw error(errc::bad_format, "archive: the tables on the server are not those of a guanxi archive");
  const std::string version = meta("schema").value_or("");
  if (version != std::to_string(schema_version))
    throw error(errc::bad_format,
                "archive: the server has schema " + version + ", this library knows " + std::to_string(schema_version));
}

void archive::allow(const std::string& role, std::span<const std::string_view> customers, bool may_write) {
  const in_turn turn(store_);
  store& s = *store_;
  if (!s.on_server)
    throw error(errc::io,
                "archive::allow: rights on rows need an archive on a server; a file is open to whoever may read it");
  want_role(role);
  transaction t(s.db, true);
  const std::string who = quoted(role);
  std::string schema;
  {
    statement q(s.db, "select cast(quote_ident(current_schema()) as text)");
    if (q.step()) schema = q.text(0);
  }
  std::string sql = "grant usage on schema " + schema + " to " + who + "; grant select on all tables in schema " +
                    schema + " to " + who;
  if (may_write)
    sql += "; grant insert, update, delete on fact, pack, word, words, hold, person to " + who +
           "; grant insert, update on customer, field, item, origin, meta, posting, posting_load, packed_field to " +
           who + "; grant insert on audit, run to " + who + "; grant usage on all sequences in schema " + schema +
           " to " + who;
  s.db->execute(sql.c_str(), "giving rights to '" + role + "'");
  const auto give = [&](std::int64_t customer) {
    statement q(
        s.db, "insert into access values(?, ?, ?) on conflict(role, customer) do update set writes = excluded.writes");
    q.bind(1, std::string_view(role)).bind(2, customer).bind(3, std::string_view(may_write ? "true" : "false")).run();
  };
  if (customers.empty()) give(0);
  for (const std::string_view ref : customers) {
    const std::int64_t id = s.find_customer(ref);
    if (id == 0) throw error(errc::unknown_name, "archive::allow: no customer '" + std::string(ref) + "'");
    give(id);
  }
  s.log("allow", role, join({std::to_string(customers.size()), may_write ? "write" : "read"}));
  t.commit();
}

void archive::disallow(const std::string& role, std::span<const std::string_view> customers) {
  const in_turn turn(store_);
  store& s = *store_;
  if (!s.on_server) throw error(errc::io, "archive::disallow: rights on rows need an archive on a server");
  want_role(role);
  transaction t(s.db, true);
  if (customers.empty()) {
    statement q(s.db, "delete from access where role = ?");
    q.bind(1, std::string_view(role)).run();
  }
  for (const std::string_view ref : customers) {
    const std::int64_t id = s.find_customer(ref);
    if (id == 0) throw error(errc::unknown_name, "archive::disallow: no customer '" + std::string(ref) + "'");
    statement q(s.db, "delete from access where role = ? and customer = ?");
    q.bind(1, std::string_view(role)).bind(2, id).run();
  }
  s.log("disallow", role, std::to_string(customers.size()));
  t.commit();
}

std::vector<right> archive::rights() const {
  const in_turn turn(store_);
  store& s = *store_;
  if (!s.on_server) return {};
  statement q(s.db,
              "select cast(a.role as text), coalesce(c.ref, ''), a.writes from access a left join customer c on c.id = "
              "a.customer");
  std::vector<right> out;
  while (q.step()) out.push_back({q.text(0), q.text(1), q.whole(2) != 0});
  std::sort(out.begin(), out.end(),
            [](const right& l, const right& r) { return std::tie(l.role, l.customer) < std::tie(r.role, r.customer); });
  return out;
}

}  // namespace guanxi::archive
