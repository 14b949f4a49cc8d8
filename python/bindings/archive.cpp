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
ga::value to_value(const py::tuple& pair) {
  const auto kind = pair[0].cast<std::size_t>();
  const py::object x = pair[1];
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
  return py::make_tuple(v.index(), x);
}

std::vector<ga::field_value> to_fields(const py::list& fields) {
  std::vector<ga::field_value> out;
  for (const auto item : fields) {
    const auto triple = item.cast<py::tuple>();
    out.emplace_back(triple[0].cast<std::string>(), to_value(py::make_tuple(triple[1], triple[2])));
  }
  return out;
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

using time = std::optional<ga::instant>;
}  // namespace

void bind_archive(py::module_& m) {
  auto sub = m.def_submodule("archive", "Customer files with two times.");
  sub.attr("always") = ga::always;
  sub.def("sha256", [](const py::bytes& bytes) { return ga::sha256(std::string(bytes)); }, "bytes"_a);
  py::class_<ga::archive> c(sub, "Archive");
  c.def(py::init([](const std::string& path, bool read_only, bool power_safe, int busy_ms) {
          py::gil_scoped_release free;
          return std::make_unique<ga::archive>(path, ga::archive_options{read_only, power_safe, busy_ms});
        }),
        "path"_a, "read_only"_a, "power_safe"_a, "busy_ms"_a);
  c.def(
      "put",
      [](ga::archive& a, const std::string& customer, const py::list& fields, time from, time to, time known,
         const std::string& source, const std::string& user) {
        const auto values = to_fields(fields);
        py::gil_scoped_release free;
        return a.put(customer, values, {from, to, known}, {source, user});
      },
      "customer"_a, "fields"_a, "valid_from"_a, "valid_to"_a, "known_at"_a, "source"_a, "user"_a);
  c.def(
      "get",
      [](const ga::archive& a, const std::string& customer, time as_of, time known_at) {
        std::vector<ga::field_value> fields;
        {
          py::gil_scoped_release free;
          fields = a.get(customer, {as_of, known_at});
        }
        py::list out;
        for (const auto& [name, x] : fields) out.append(py::make_tuple(name, from_value(x)));
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
        return from_value(x);
      },
      "customer"_a, "field"_a, "as_of"_a, "known_at"_a);
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
          out.append(py::make_tuple(r.field, from_value(r.value), r.valid_from, r.valid_to, r.known_from, r.known_to,
                                    r.source, r.user));
        return out;
      },
      "customer"_a, "field"_a);
  c.def(
      "find",
      [](const ga::archive& a, const py::list& conditions, time as_of, time known_at) {
        const auto values = to_fields(conditions);
        py::gil_scoped_release free;
        return a.find(values, {as_of, known_at});
      },
      "conditions"_a, "as_of"_a, "known_at"_a);
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
        std::vector<ga::expiry_rule> list;
        for (const auto item : rules) {
          const auto r = item.cast<py::dict>();
          list.push_back({r["name"].cast<std::string>(), r["field"].cast<std::string>(),
                          r["country"].cast<std::string>(),
                          r["since"].cast<std::string>() == "known_to" ? ga::expiry_rule::end::known_to
                                                                       : ga::expiry_rule::end::valid_to,
                          r["years"].cast<int>(), r["days"].cast<int>(), r["basis"].cast<std::string>()});
        }
        ga::expiry_report report;
        {
          py::gil_scoped_release free;
          report = a.expire(list, at, dry_run, token, user);
        }
        return from_report(report);
      },
      "rules"_a, "at"_a, "dry_run"_a, "token"_a, "user"_a);
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
  c.def("close", &ga::archive::close);
}
}  // namespace guanxi::python
#else
namespace guanxi::python {
void bind_archive(py::module_&) {}  // built without SQLite: gx.Archive says so
}  // namespace guanxi::python
#endif
