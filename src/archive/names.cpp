// Fields, customers, sources and entry keys by their numbers.
#include <algorithm>

#include "store.hpp"

namespace guanxi::archive {

void archive::store::load_fields() {
  fields_seen = db->version();
  fields_by_name.clear();
  fields_by_id.clear();
  statement s(db, "select id, name, kind, many, personal, searchable, grp from field");
  while (s.step()) {
    field_info f{s.whole(0), s.whole(2), s.whole(3) != 0, s.whole(4) != 0, s.whole(5) != 0, s.text(1), s.text(6)};
    if (f.id < 1 || f.id > 1'000'000'000 || f.kind < 0 || f.kind > 5)
      throw error(errc::bad_format,
                  "archive: '" + path + "' is damaged: field '" + f.name + "' has kind " + std::to_string(f.kind));
    if (fields_by_id.size() <= static_cast<std::size_t>(f.id)) fields_by_id.resize(static_cast<std::size_t>(f.id) + 1);
    fields_by_id[static_cast<std::size_t>(f.id)] = f.name;
    fields_by_name.emplace(f.name, f);
  }
}

void archive::store::refresh_fields() {
  if (db->version() != fields_seen) load_fields();
}

const archive::store::field_info* archive::store::find_field(std::string_view name) {
  const std::string key(name);
  auto it = fields_by_name.find(key);
  if (it == fields_by_name.end() || it->second.kind == 0) {  // perhaps another process made it
    load_fields();
    it = fields_by_name.find(key);
  }
  return it == fields_by_name.end() ? nullptr : &it->second;
}

const archive::store::field_info* archive::store::field_of(std::int64_t number_of) {
  const auto known = [&] {
    return number_of > 0 && static_cast<std::size_t>(number_of) < fields_by_id.size() &&
           !fields_by_id[static_cast<std::size_t>(number_of)].empty();
  };
  if (!known()) load_fields();
  if (!known())
    throw error(errc::bad_format, "archive: '" + path + "' is damaged: a fact of field " + std::to_string(number_of) +
                                      ", which is not there");
  return &fields_by_name.at(fields_by_id[static_cast<std::size_t>(number_of)]);
}

bool archive::store::has_values(std::int64_t field) {
  statement s(
      db, "select exists(select 1 from fact where field = ?1) or exists(select 1 from packed_field where field = ?1)");
  s.bind(1, field);
  return s.step() && s.whole(0) != 0;
}

archive::store::field_info archive::store::field(std::string_view name, std::size_t kind, bool personal, bool many) {
  const std::string text(name);
  auto it = fields_by_name.find(text);
  if (it == fields_by_name.end()) {
    statement s(db, "insert into field(name, kind, many, personal) values(?, ?, ?, ?)");
    s.bind(1, name)
        .bind(2, static_cast<std::int64_t>(kind))
        .bind(3, std::int64_t{many})
        .bind(4, std::int64_t{personal})
        .run();
    load_fields();
    return fields_by_name.at(text);
  }
  field_info& f = it->second;
  if (f.many != many)
    throw error(errc::bad_format, "archive: field '" + text +
                                      (f.many ? "' holds many values, write it with add and drop"
                                              : "' holds one value, write it with put"));
  if (personal && !f.personal) {
    if (f.kind != 0 && has_values(f.id))
      throw error(errc::bad_format, "archive: field '" + text +
                                        "' holds plain values, so it cannot take personal ones; use another field, or "
                                        "define it as personal before its first value");
    if (f.searchable)
      throw error(errc::bad_format, "archive: field '" + text + "' is searchable, so it cannot take personal values");
    statement s(db, "update field set personal = 1 where id = ?");
    s.bind(1, f.id).run();
    f.personal = true;
  }
  if (f.kind == 0 && kind != 0) {
    statement s(db, "update field set kind = ? where id = ?");
    s.bind(1, static_cast<std::int64_t>(kind)).bind(2, f.id).run();
    f.kind = static_cast<std::int64_t>(kind);
  } else if (kind != 0 && static_cast<std::int64_t>(kind) != f.kind) {
    throw error(errc::bad_format, "archive: field '" + text + "' holds " +
                                      std::string(kind_name(static_cast<std::size_t>(f.kind))) + ", this is " +
                                      std::string(kind_name(kind)));
  }
  return f;
}

std::int64_t archive::store::find_customer(std::string_view ref) {
  statement s(db, "select id from customer where ref = ?");
  s.bind_text(1, ref);
  return s.step() ? s.whole(0) : 0;
}

std::int64_t archive::store::customer(std::string_view ref) {
  if (const std::int64_t known = find_customer(ref)) return known;
  statement s(db, "insert into customer(ref) values(?)");
  s.bind_text(1, ref).run();
  return db->last_id();  // a row-level right comes with the row, too late for `returning`
}

std::string archive::store::customer_ref(std::int64_t number) {
  statement s(db, "select ref from customer where id = ?");
  s.bind(1, number);
  return s.step() ? s.text(0) : std::string();
}

std::int64_t archive::store::origin_id(const origin& from) {
  statement s(db, "select id from origin where source = ? and \"user\" = ?");
  s.bind(1, std::string_view(from.source)).bind(2, std::string_view(from.user));
  if (s.step()) return s.whole(0);
  statement insert(db, "insert into origin(source, \"user\") values(?, ?) returning id");
  return insert.bind(1, std::string_view(from.source)).bind(2, std::string_view(from.user)).made();
}

std::int64_t archive::store::find_item(std::string_view text) {
  statement s(db, "select id from item where text = ?");
  s.bind(1, text);
  return s.step() ? s.whole(0) : 0;
}

std::int64_t archive::store::item(std::string_view text) {
  if (const std::int64_t known = find_item(text)) return known;
  statement s(db, "insert into item(text) values(?) returning id");
  return s.bind(1, text).made();
}

std::string archive::store::item_text(std::int64_t number) {
  if (number == 0) return {};
  statement s(db, "select text from item where id = ?");
  s.bind(1, number);
  return s.step() ? s.text(0) : std::string();
}

void archive::define(const field_rule& rule) {
  const in_turn turn(store_);
  store& s = *store_;
  want_text(rule.name, "field");
  if (rule.name.empty()) throw error(errc::empty, "archive::define: a field has no name");
  if (rule.personal && rule.searchable)
    throw error(errc::bad_format, "archive::define: field '" + rule.name + "' cannot be both personal and searchable");
  transaction t(s.db, true);
  s.load_fields();
  if (const auto it = s.fields_by_name.find(rule.name); it == s.fields_by_name.end()) {
    statement q(s.db, "insert into field(name, kind, many, personal, searchable, grp) values(?, 0, ?, ?, ?, ?)");
    q.bind(1, std::string_view(rule.name)).bind(2, std::int64_t{rule.many}).bind(3, std::int64_t{rule.personal});
    q.bind(4, std::int64_t{rule.searchable}).bind(5, std::string_view(rule.group)).run();
  } else {
    const store::field_info& f = it->second;
    if ((f.many != rule.many || f.personal != rule.personal) && s.has_values(f.id))
      throw error(errc::bad_format,
                  "archive::define: field '" + rule.name +
                      "' has values already; whether it holds many values or personal ones is said before the first");
    statement q(s.db, "update field set many = ?, personal = ?, searchable = ?, grp = ? where id = ?");
    q.bind(1, std::int64_t{rule.many}).bind(2, std::int64_t{rule.personal}).bind(3, std::int64_t{rule.searchable});
    q.bind(4, std::string_view(rule.group)).bind(5, f.id).run();
    if (f.searchable != rule.searchable && s.has_values(f.id)) {  // texts that are searched lie in rows of their own
      std::vector<std::int64_t> packed;
      {
        statement all(s.db, "select subject, body from pack");
        value held;
        while (all.step())
          if (store::packed_value(all.view(1), f.id, held)) packed.push_back(all.whole(0));
      }
      for (const std::int64_t subject : packed) s.unpack(subject);
    }
    if (f.searchable != rule.searchable) {  // the words of what is there already
      statement all(
          s.db,
          "select distinct subject, item, value from fact where field = ? and person = 0 and typeof(value) = 'text'");
      all.bind(1, f.id);
      while (all.step()) {
        if (rule.searchable)
          s.add_words(all.whole(0), f.id, all.whole(1), all.text(2));
        else
          s.drop_words(all.whole(0), f.id, all.whole(1), all.text(2));
      }
    }
  }
  s.log("define", rule.name,
        join({rule.many ? "many" : "one", rule.personal ? "personal" : "plain", rule.searchable ? "searchable" : "",
              rule.group}));
  s.load_fields();
  try {
    t.commit();
  } catch (...) {
    s.fields_seen = -1;
    throw;
  }
}

std::vector<field_rule> archive::fields() const {
  const in_turn turn(store_);
  store_->load_fields();
  std::vector<field_rule> out;
  for (const auto& [name, f] : store_->fields_by_name) out.push_back({name, f.many, f.personal, f.searchable, f.group});
  std::sort(out.begin(), out.end(), [](const auto& l, const auto& r) { return l.name < r.name; });
  return out;
}

}  // namespace guanxi::archive
