#include "columns.hpp"
#include "topics.hpp"

#ifdef GUANXI_HAS_STORE
#include <guanxi/archive/archive.hpp>

#include <memory>
#include <optional>
#include <string>

namespace guanxi::python {
namespace {
namespace ga = guanxi::archive;

// Values cross as (kind, plain object); the package turns dates into day numbers and back.
ga::value to_value(std::size_t kind, const py::object& x) {
  switch (kind) {
    case 1:
      return x.cast<bool>();
    case 2:
      return x.cast<std::int64_t>();
    case 3:
      return x.cast<double>();
    case 4:
      return x.cast<std::string>();
    case 5:
      return ga::date_value{x.cast<day>()};
    default:
      return {};
  }
}

py::tuple from_value(const ga::value& v) {
  py::object x = py::none();
  if (const auto* b = std::get_if<bool>(&v)) x = py::bool_(*b);
  if (const auto* n = std::get_if<std::int64_t>(&v)) x = py::int_(*n);
  if (const auto* r = std::get_if<double>(&v)) x = py::float_(*r);
  if (const auto* t = std::get_if<std::string>(&v)) x = py::str(*t);
  if (const auto* d = std::get_if<ga::date_value>(&v)) x = py::int_(d->number);
  if (const auto* w = std::get_if<ga::withheld>(&v)) x = py::bool_(w->why == ga::withheld::reason::erased);
  return py::make_tuple(v.index(), x);
}

/// The plain object; what Python has to dress (dates, withheld values) as (kind, plain object).
py::object plain_value(const ga::value& v) {
  switch (v.index()) {
    case 0:
      return py::none();
    case 1:
      return py::bool_(std::get<bool>(v));
    case 2:
      return py::int_(std::get<std::int64_t>(v));
    case 3:
      return py::float_(std::get<double>(v));
    case 4:
      return py::str(std::get<std::string>(v));
    default:
      return from_value(v);
  }
}

std::vector<ga::field_value> to_fields(const py::list& fields) {
  std::vector<ga::field_value> out;
  for (const auto item : fields) {
    const auto triple = item.cast<py::tuple>();
    out.emplace_back(triple[0].cast<std::string>(), to_value(triple[1].cast<std::size_t>(), triple[2]));
  }
  return out;
}

/// A text column as Arrow lays it out: offsets and bytes. The texts stay where they are.
std::vector<std::string_view> texts(const column_in<std::int64_t>& offsets, const column_in<std::uint8_t>& bytes) {
  std::vector<std::string_view> out;
  const auto at = view(offsets);
  const auto* data = reinterpret_cast<const char*>(bytes.data());
  const auto size = static_cast<std::int64_t>(bytes.size());
  for (std::size_t i = 1; i < at.size(); ++i) {
    if (at[i - 1] < 0 || at[i] < at[i - 1] || at[i] > size)
      throw error(errc::bad_format, "archive.load: the offsets of a text column are not in order");
    out.emplace_back(data + at[i - 1], static_cast<std::size_t>(at[i] - at[i - 1]));
  }
  return out;
}

/// Keeps the arrays of a batch alive, and the views that point into them.
struct held_batch {
  std::vector<std::vector<std::string_view>> text;
  std::vector<py::object> arrays;
  ga::load_batch batch;

  template <class T>
  std::span<const T> keep(const py::handle& array) {
    auto column = py::cast<column_in<T>>(array);
    arrays.push_back(column);
    return view(column);
  }
  std::span<const std::string_view> keep_text(const py::tuple& pair) {
    auto offsets = py::cast<column_in<std::int64_t>>(pair[0]);
    auto bytes = py::cast<column_in<std::uint8_t>>(pair[1]);
    arrays.push_back(offsets);
    arrays.push_back(bytes);
    text.push_back(texts(offsets, bytes));
    return text.back();
  }
};

void fill(held_batch& to, const py::dict& from) {
  const auto columns = from["columns"].cast<py::list>();
  to.text.reserve(columns.size() + 1);
  to.batch.customer = to.keep_text(from["customer"]);
  for (const auto item : columns) {
    const auto c = item.cast<py::dict>();
    ga::load_column column;
    column.field = c["field"].cast<std::string>();
    column.personal = c["personal"].cast<bool>();
    switch (c["kind"].cast<int>()) {
      case 1:
        column.values = to.keep<std::uint8_t>(c["values"]);
        break;
      case 2:
        column.values = to.keep<std::int64_t>(c["values"]);
        break;
      case 3:
        column.values = to.keep<double>(c["values"]);
        break;
      case 4:
        column.values = to.keep_text(c["values"]);
        break;
      default:
        column.values = to.keep<std::int32_t>(c["values"]);
    }
    if (!c["known"].is_none()) column.known = to.keep<std::uint8_t>(c["known"]);
    to.batch.columns.push_back(std::move(column));
  }
  if (!from["valid_from"].is_none()) to.batch.valid_from = to.keep<std::int64_t>(from["valid_from"]);
  if (!from["valid_to"].is_none()) to.batch.valid_to = to.keep<std::int64_t>(from["valid_to"]);
  if (!from["known_at"].is_none()) to.batch.known_at = to.keep<std::int64_t>(from["known_at"]);
}

py::dict from_column(ga::table_column&& c) {
  py::object values = py::none();
  switch (c.kind) {
    case 1:
      values = give(std::move(c.truths));
      break;
    case 2:
      values = give(std::move(c.wholes));
      break;
    case 3:
      values = give(std::move(c.numbers));
      break;
    case 5:
      values = give(std::move(c.days));
      break;
    default:
      values = py::make_tuple(give(std::move(c.offsets)), give(std::move(c.bytes)));
  }
  return py::dict("field"_a = c.field, "kind"_a = c.kind, "nulls"_a = c.nulls, "known"_a = give(std::move(c.known)),
                  "values"_a = values);
}

py::dict from_report(const ga::expiry_report& report) {
  const auto rows = [](const std::vector<ga::expired_row>& from) {
    py::list out;
    for (const auto& r : from)
      out.append(
          py::make_tuple(r.customer, r.field, r.valid_from, r.valid_to, r.known_from, r.known_to, r.rule, r.basis));
    return out;
  };
  return py::dict("rows"_a = rows(report.rows), "held"_a = rows(report.held), "token"_a = report.token,
                  "done"_a = report.done);
}

py::dict from_run(const ga::run& r) {
  py::dict inputs;
  for (const auto& [name, hash] : r.inputs) inputs[py::str(name)] = hash;
  return py::dict("id"_a = r.id, "name"_a = r.name, "at"_a = r.at, "user"_a = r.user, "inputs"_a = inputs,
                  "result"_a = r.result);
}

std::vector<ga::expiry_rule> to_rules(const py::list& rules) {
  std::vector<ga::expiry_rule> list;
  for (const auto item : rules) {
    const auto r = item.cast<py::dict>();
    list.push_back(
        {r["name"].cast<std::string>(), r["field"].cast<std::string>(), r["country"].cast<std::string>(),
         r["since"].cast<std::string>() == "known_to" ? ga::expiry_rule::end::known_to : ga::expiry_rule::end::valid_to,
         r["years"].cast<int>(), r["days"].cast<int>(), r["basis"].cast<std::string>(),
         r["group"].cast<std::string>()});
  }
  return list;
}

using time = std::optional<ga::instant>;

void bind_writing(py::class_<ga::archive>& c) {
  c.def(
      "define",
      [](ga::archive& a, const std::string& name, bool many, bool personal, bool searchable, const std::string& group) {
        py::gil_scoped_release free;
        a.define({name, many, personal, searchable, group});
      },
      "name"_a, "many"_a, "personal"_a, "searchable"_a, "group"_a);
  c.def("fields", [](const ga::archive& a) {
    std::vector<ga::field_rule> rules;
    {
      py::gil_scoped_release free;
      rules = a.fields();
    }
    py::list out;
    for (const auto& f : rules) out.append(py::make_tuple(f.name, f.many, f.personal, f.searchable, f.group));
    return out;
  });
  c.def(
      "put",
      [](ga::archive& a, const std::string& customer, const py::list& fields, time from, time to, time known,
         const std::string& source, const std::string& user, bool personal, const std::string& person) {
        const auto values = to_fields(fields);
        py::gil_scoped_release free;
        return a.put(customer, values, {from, to, known}, {source, user}, {personal, person});
      },
      "customer"_a, "fields"_a, "valid_from"_a, "valid_to"_a, "known_at"_a, "source"_a, "user"_a, "personal"_a,
      "person"_a);
  c.def(
      "add",
      [](ga::archive& a, const std::string& customer, const std::string& field, const std::string& key,
         std::size_t kind, const py::object& x, time from, time to, time known, const std::string& source,
         const std::string& user, bool personal, const std::string& person) {
        const auto v = to_value(kind, x);
        py::gil_scoped_release free;
        return a.add(customer, field, key, v, {from, to, known}, {source, user}, {personal, person});
      },
      "customer"_a, "field"_a, "key"_a, "kind"_a, "value"_a, "valid_from"_a, "valid_to"_a, "known_at"_a, "source"_a,
      "user"_a, "personal"_a, "person"_a);
  c.def(
      "load",
      [](ga::archive& a, const py::list& batches, time from, time to, time known, const std::string& source,
         const std::string& user) {
        std::vector<held_batch> held(batches.size());
        for (std::size_t i = 0; i < held.size(); ++i) fill(held[i], batches[i]);
        ga::load_report r;
        {
          py::gil_scoped_release free;
          std::vector<ga::load_batch> list;
          for (auto& h : held) list.push_back(std::move(h.batch));
          r = a.load(list, {from, to, known}, {source, user});
        }
        py::list refused;
        for (const auto& x : r.refused) refused.append(py::make_tuple(x.row, x.column, x.reason));
        return py::dict("rows"_a = r.rows, "facts"_a = r.facts, "new_customers"_a = r.new_customers,
                        "known"_a = r.known, "refused"_a = refused);
      },
      "batches"_a, "valid_from"_a, "valid_to"_a, "known_at"_a, "source"_a, "user"_a);
}

void bind_asking(py::class_<ga::archive>& c) {
  c.def(
      "file",
      [](const ga::archive& a, const std::string& customer, time as_of, time known_at) {
        std::vector<ga::fact> facts;
        {
          py::gil_scoped_release free;
          facts = a.file(customer, {as_of, known_at});
        }
        py::list out;
        for (const auto& f : facts) out.append(py::make_tuple(f.field, f.key, f.many, plain_value(f.value)));
        return out;
      },
      "customer"_a, "as_of"_a, "known_at"_a);
  c.def(
      "get_field",
      [](const ga::archive& a, const std::string& customer, const std::string& field, time as_of, time known_at) {
        ga::value x;
        {
          py::gil_scoped_release free;
          x = a.get(customer, field, {as_of, known_at});
        }
        return plain_value(x);
      },
      "customer"_a, "field"_a, "as_of"_a, "known_at"_a);
  c.def(
      "get_many",
      [](const ga::archive& a, const std::vector<std::string>& customers, const std::string& field, time as_of,
         time known_at) {
        std::vector<ga::value> found;
        {
          py::gil_scoped_release free;
          const std::vector<std::string_view> ids(customers.begin(), customers.end());
          found = a.get(ids, field, {as_of, known_at});
        }
        py::list out;
        for (const auto& x : found) out.append(plain_value(x));
        return out;
      },
      "customers"_a, "field"_a, "as_of"_a, "known_at"_a);
  c.def(
      "history",
      [](const ga::archive& a, const std::string& customer, const std::string& field) {
        std::vector<ga::version> rows;
        {
          py::gil_scoped_release free;
          rows = a.history(customer, field);
        }
        py::list out;
        for (const auto& r : rows)
          out.append(py::make_tuple(r.field, r.key, from_value(r.value), r.valid_from, r.valid_to, r.known_from,
                                    r.known_to, r.source, r.user));
        return out;
      },
      "customer"_a, "field"_a);
  c.def(
      "find",
      [](const ga::archive& a, const py::list& conditions, const std::string& text, time as_of, time known_at) {
        const auto values = to_fields(conditions);
        py::gil_scoped_release free;
        return a.find(values, {as_of, known_at}, text);
      },
      "conditions"_a, "text"_a, "as_of"_a, "known_at"_a);
  c.def(
      "columns",
      [](const ga::archive& a, const std::vector<std::string>& fields, time as_of, time known_at) {
        ga::table t;
        {
          py::gil_scoped_release free;
          t = a.columns(fields, {as_of, known_at});
        }
        py::list columns;
        for (auto& column : t.columns) columns.append(from_column(std::move(column)));
        return py::make_tuple(t.rows, columns);
      },
      "fields"_a, "as_of"_a, "known_at"_a);
  c.def("data_version", [](const ga::archive& a) {
    py::gil_scoped_release free;
    return a.data_version();
  });
}

void bind_leaving(py::class_<ga::archive>& c) {
  c.def(
      "hold",
      [](ga::archive& a, const std::string& customer, const std::string& reason, time until, const std::string& user) {
        py::gil_scoped_release free;
        a.hold(customer, reason, until.value_or(ga::always), user);
      },
      "customer"_a, "reason"_a, "until"_a, "user"_a);
  c.def(
      "expire",
      [](ga::archive& a, const py::list& rules, ga::instant at, bool dry_run, const std::string& token,
         const std::string& user) {
        const auto list = to_rules(rules);
        ga::expiry_report report;
        {
          py::gil_scoped_release free;
          report = a.expire(list, at, dry_run, token, user);
        }
        return from_report(report);
      },
      "rules"_a, "at"_a, "dry_run"_a, "token"_a, "user"_a);
  c.def(
      "erase",
      [](ga::archive& a, const std::string& customer, const std::string& reason, const std::string& user,
         const std::string& person, bool forget_id) {
        ga::certificate x;
        {
          py::gil_scoped_release free;
          x = a.erase(customer, reason, user, person, forget_id);
        }
        return py::make_tuple(x.at, x.subject, x.fields, x.keys, x.versions, x.audit_row, x.hash, x.id_forgotten,
                              x.compacted);
      },
      "customer"_a, "reason"_a, "user"_a, "person"_a, "forget_id"_a);
}

void bind_care(py::class_<ga::archive>& c) {
  c.def(
      "add_run",
      [](ga::archive& a, const std::string& name, const std::vector<std::pair<std::string, std::string>>& inputs,
         const std::string& result, const std::string& user) {
        py::gil_scoped_release free;
        return a.add_run({0, name, user, 0, inputs, result});
      },
      "name"_a, "inputs"_a, "result"_a, "user"_a);
  c.def("runs", [](const ga::archive& a) {
    py::list out;
    for (const auto& r : a.runs()) out.append(from_run(r));
    return out;
  });
  c.def("get_run", [](const ga::archive& a, std::int64_t id) { return from_run(a.get_run(id)); }, "id"_a);
  c.def("audit", [](const ga::archive& a) {
    py::list out;
    for (const auto& r : a.audit()) out.append(py::make_tuple(r.number, r.at, r.what, r.subject, r.detail, r.hash));
    return out;
  });
  c.def(
      "verify",
      [](const ga::archive& a, const std::string& tail) {
        ga::verification v;
        {
          py::gil_scoped_release free;
          v = a.verify(tail);
        }
        return py::make_tuple(v.ok, v.rows, v.first_bad, v.tail);
      },
      "tail"_a);
  c.def("check", &ga::archive::check, py::call_guard<py::gil_scoped_release>());
  c.def("backup", &ga::archive::backup, "path"_a, py::call_guard<py::gil_scoped_release>());
  c.def("compact", &ga::archive::compact, py::call_guard<py::gil_scoped_release>());
  c.def("copy_to", &ga::archive::copy_to, "where"_a, py::call_guard<py::gil_scoped_release>());
  c.def(
      "allow",
      [](ga::archive& a, const std::string& role, const std::vector<std::string>& customers, bool may_write) {
        const std::vector<std::string_view> ids(customers.begin(), customers.end());
        py::gil_scoped_release free;
        a.allow(role, ids, may_write);
      },
      "role"_a, "customers"_a, "may_write"_a);
  c.def(
      "disallow",
      [](ga::archive& a, const std::string& role, const std::vector<std::string>& customers) {
        const std::vector<std::string_view> ids(customers.begin(), customers.end());
        py::gil_scoped_release free;
        a.disallow(role, ids);
      },
      "role"_a, "customers"_a);
  c.def("rights", [](const ga::archive& a) {
    std::vector<ga::right> rows;
    {
      py::gil_scoped_release free;
      rows = a.rights();
    }
    py::list out;
    for (const auto& r : rows) out.append(py::make_tuple(r.role, r.customer, r.may_write));
    return out;
  });
  c.def("close", &ga::archive::close, py::call_guard<py::gil_scoped_release>());
}
}  // namespace

void bind_archive(py::module_& m) {
  auto sub = m.def_submodule("archive", "Customer files with two times.");
  sub.attr("always") = ga::always;
  sub.def("sha256", [](const py::bytes& bytes) { return ga::sha256(std::string(bytes)); }, "bytes"_a);
  sub.def("can_seal", &ga::can_seal);
  sub.def("can_use_server", &ga::can_use_server, "library"_a);
  py::class_<ga::archive> c(sub, "Archive");
  c.def(py::init([](const std::string& path, bool read_only, bool power_safe, int busy_ms, const py::bytes& key,
                    const std::string& key_path, const std::string& keys) {
          ga::archive_options options{read_only, power_safe, busy_ms};
          options.key = key;
          options.key_path = key_path;
          options.keys = keys;
          py::gil_scoped_release free;
          return std::make_unique<ga::archive>(path, options);
        }),
        "path"_a, "read_only"_a, "power_safe"_a, "busy_ms"_a, "key"_a, "key_path"_a, "keys"_a);
  bind_writing(c);
  bind_asking(c);
  bind_leaving(c);
  bind_care(c);
}
}  // namespace guanxi::python
#else
namespace guanxi::python {
void bind_archive(py::module_&) {}  // built without SQLite: gx.Archive says so
}  // namespace guanxi::python
#endif
