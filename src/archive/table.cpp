// One row a customer, as columns in Arrow's layout: one pass over the facts.
#include <algorithm>

#include "pack.hpp"

namespace guanxi::archive {
namespace {

void set_bit(std::vector<std::uint8_t>& bits, std::size_t row) {
  bits[row / 8] = static_cast<std::uint8_t>(bits[row / 8] | (1u << (row % 8)));
}

/// Texts arrive in any order of rows; they are laid end to end once all are known.
struct text_cells {
  std::vector<std::pair<std::size_t, std::uint32_t>> where;  // offset in pool, size
  std::vector<char> pool;
};

void lay_out(const text_cells& cells, table_column& out) {
  out.offsets.resize(cells.where.size() + 1);
  out.bytes.reserve(cells.pool.size());
  for (std::size_t row = 0; row < cells.where.size(); ++row) {
    const auto [at, size] = cells.where[row];
    out.bytes.insert(out.bytes.end(), cells.pool.begin() + static_cast<std::ptrdiff_t>(at),
                     cells.pool.begin() + static_cast<std::ptrdiff_t>(at + size));
    out.offsets[row + 1] = static_cast<std::int64_t>(out.bytes.size());
  }
}

}  // namespace

table archive::columns(std::span<const std::string> fields, const as_seen& seen) const {
  const in_turn turn(store_);
  store& s = *store_;
  const transaction t(s.db, false);
  const store::asked asked = s.question(seen, "table");
  s.load_fields();
  std::vector<store::field_info> wanted;
  if (fields.empty()) {
    for (const auto& [name, f] : s.fields_by_name)
      if (!f.many && !f.personal && f.kind != 0) wanted.push_back(f);
    std::sort(wanted.begin(), wanted.end(), [](const auto& l, const auto& r) { return l.name < r.name; });
  }
  for (const std::string& name : fields) {
    const auto* f = s.find_field(name);
    if (f == nullptr) throw error(errc::unknown_name, "archive::table: no field '" + name + "'");
    if (f->many)
      throw error(errc::bad_format,
                  "archive::table: field '" + name + "' holds many values, a table has one a customer");
    wanted.push_back(*f);
  }

  // Who has a row: any fact then.
  table out;
  table_column who;
  who.field = "customer";
  who.kind = 4;
  who.offsets.push_back(0);
  constexpr std::uint32_t none = 0xffffffffu;
  std::vector<std::uint32_t> row_of;
  {
    statement q(s.db,
                "select c.id, c.ref from customer c where exists(select 1 from fact f where f.subject = c.id and f.tf "
                "<= ?1 and f.tt > "
                "?1 and f.vf <= ?2 and f.vt > ?2 and (f.value is not null or f.person > 0)) or exists(select 1 from "
                "pack p where p.subject = "
                "c.id and p.tf <= ?1 and p.vf <= ?2) order by c.ref");
    q.bind(1, asked.k).bind(2, asked.v);
    while (q.step()) {
      const auto id = static_cast<std::size_t>(q.whole(0));
      if (id > 0xffffffffu)
        throw error(errc::bad_format,
                    "archive: '" + s.path + "' is damaged: a customer has number " + std::to_string(q.whole(0)));
      if (id >= row_of.size()) row_of.resize(std::max(id + 1, row_of.size() * 2), none);
      row_of[id] = static_cast<std::uint32_t>(out.rows++);
      const std::string_view ref = q.view(1);
      who.bytes.insert(who.bytes.end(), ref.begin(), ref.end());
      who.offsets.push_back(static_cast<std::int64_t>(who.bytes.size()));
    }
  }
  who.known.assign((out.rows + 7) / 8, 0xff);

  std::vector<std::uint32_t> column_of;
  std::vector<text_cells> texts(wanted.size());
  out.columns.push_back(std::move(who));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const store::field_info& f = wanted[i];
    if (static_cast<std::size_t>(f.id) >= column_of.size()) column_of.resize(static_cast<std::size_t>(f.id) + 1, none);
    column_of[static_cast<std::size_t>(f.id)] = static_cast<std::uint32_t>(i);
    table_column c;
    c.field = f.name;
    c.kind = static_cast<std::size_t>(f.kind == 0 ? 4 : f.kind);
    c.nulls = static_cast<std::int64_t>(out.rows);
    c.known.resize((out.rows + 7) / 8);
    if (c.kind == 1) c.truths.resize((out.rows + 7) / 8);
    if (c.kind == 2) c.wholes.resize(out.rows);
    if (c.kind == 3) c.numbers.resize(out.rows);
    if (c.kind == 5) c.days.resize(out.rows);
    if (c.kind == 4) texts[i].where.resize(out.rows);
    out.columns.push_back(std::move(c));
  }
  statement q(s.db,
              "select subject, field, value, person, vf, tf from fact where item = 0 and tf <= ?1 and tt > ?1 and vf "
              "<= ?2 and vt > ?2 "
              "and value is not null");
  q.bind(1, asked.k).bind(2, asked.v);
  while (q.step()) {
    const auto subject = static_cast<std::size_t>(q.whole(0)), field = static_cast<std::size_t>(q.whole(1));
    if (field >= column_of.size() || column_of[field] == none || subject >= row_of.size() || row_of[subject] == none)
      continue;
    const std::size_t i = column_of[field], row = row_of[subject];
    table_column& c = out.columns[i + 1];
    value held;
    if (const std::int64_t person = q.whole(3); person != 0) {
      held = s.unseal({q.whole(0), q.whole(1), 0, q.whole(4), q.whole(5), person}, q.view(2), false).value;
      if (held.index() != c.kind) continue;  // withheld: not known
    }
    const bool plain = held.index() == 0;
    switch (c.kind) {
      case 1:
        if (plain ? q.whole(2) != 0 : std::get<bool>(held)) set_bit(c.truths, row);
        break;
      case 2:
        c.wholes[row] = plain ? q.whole(2) : std::get<std::int64_t>(held);
        break;
      case 3:
        c.numbers[row] = plain ? q.real(2) : std::get<double>(held);
        break;
      case 5:
        c.days[row] = plain ? static_cast<std::int32_t>(q.whole(2)) : std::get<date_value>(held).number;
        break;
      default: {
        const std::string_view text = plain ? q.view(2) : std::string_view(std::get<std::string>(held));
        texts[i].where[row] = {texts[i].pool.size(), static_cast<std::uint32_t>(text.size())};
        texts[i].pool.insert(texts[i].pool.end(), text.begin(), text.end());
      }
    }
    set_bit(c.known, row);
    --c.nulls;
  }
  statement loaded(s.db, "select subject, body from pack where tf <= ?1 and vf <= ?2");
  loaded.bind(1, asked.k).bind(2, asked.v);
  while (loaded.step()) {
    const auto subject = static_cast<std::size_t>(loaded.whole(0));
    if (subject >= row_of.size() || row_of[subject] == none) continue;
    const std::size_t row = row_of[subject];
    std::string_view body = loaded.view(1);
    packed_fact f;
    while (next_fact(body, f)) {
      const auto field = static_cast<std::size_t>(f.field);
      if (field >= column_of.size() || column_of[field] == none) continue;
      const std::size_t i = column_of[field];
      table_column& c = out.columns[i + 1];
      if (f.kind != c.kind) continue;
      switch (c.kind) {
        case 1:
          if (f.whole != 0) set_bit(c.truths, row);
          break;
        case 2:
          c.wholes[row] = f.whole;
          break;
        case 3:
          c.numbers[row] = f.number;
          break;
        case 5:
          c.days[row] = static_cast<std::int32_t>(f.whole);
          break;
        default:
          texts[i].where[row] = {texts[i].pool.size(), static_cast<std::uint32_t>(f.text.size())};
          texts[i].pool.insert(texts[i].pool.end(), f.text.begin(), f.text.end());
      }
      set_bit(c.known, row);
      --c.nulls;
    }
  }
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (out.columns[i + 1].kind == 4) lay_out(texts[i], out.columns[i + 1]);
  return out;
}

}  // namespace guanxi::archive
