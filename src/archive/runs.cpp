// Runs as they were, and the chain of hashes that shows what was changed.
#include "store.hpp"

namespace guanxi::archive {

std::int64_t archive::add_run(const run& what) {
  const in_turn turn(store_);
  store& s = *store_;
  std::string inputs;
  for (const auto& [name, hash] : what.inputs) {
    if (name.find_first_of("\t\n") != std::string::npos || hash.find_first_of("\t\n") != std::string::npos)
      throw error(errc::bad_format, "archive::add_run: the name or hash of an input has a tab or a line end");
    inputs += name + '\t' + hash + '\n';
  }
  transaction t(s.db, true);
  const instant at = s.clock();
  statement q(s.db, "insert into run(name, at, \"user\", inputs, result) values(?, ?, ?, ?, ?) returning id");
  q.bind(1, std::string_view(what.name)).bind(2, at).bind(3, std::string_view(what.user));
  const std::int64_t id = q.bind(4, std::string_view(inputs)).bind(5, std::string_view(what.result)).made();
  s.log("run", what.name, join({std::to_string(id), what.user, inputs, sha256(what.result)}));
  t.commit();
  return id;
}

namespace {
run read_run(const statement& q) {
  run out{q.whole(0), q.text(1), q.text(3), q.whole(2), {}, {}};
  const std::string inputs = q.text(4);
  for (std::size_t begin = 0; begin < inputs.size();) {
    const std::size_t tab = inputs.find('\t', begin);
    const std::size_t end = tab == std::string::npos ? tab : inputs.find('\n', tab);
    if (end == std::string::npos)
      throw error(errc::bad_format, "archive: the inputs of run " + std::to_string(out.id) + " are damaged");
    out.inputs.emplace_back(inputs.substr(begin, tab - begin), inputs.substr(tab + 1, end - tab - 1));
    begin = end + 1;
  }
  return out;
}
}  // namespace

std::vector<run> archive::runs() const {
  const in_turn turn(store_);
  statement q(store_->db, "select id, name, at, \"user\", inputs from run order by id");
  std::vector<run> out;
  while (q.step()) out.push_back(read_run(q));
  return out;
}

run archive::get_run(std::int64_t id) const {
  const in_turn turn(store_);
  statement q(store_->db, "select id, name, at, \"user\", inputs, result from run where id = ?");
  q.bind(1, id);
  if (!q.step()) throw error(errc::unknown_name, "archive::get_run: no run " + std::to_string(id));
  run out = read_run(q);
  out.result = q.text(5);
  return out;
}

std::vector<audit_row> archive::audit() const {
  const in_turn turn(store_);
  statement q(store_->db, "select n, at, what, subject, detail, hash from audit order by n");
  std::vector<audit_row> out;
  while (q.step()) out.push_back({q.whole(0), q.whole(1), q.text(2), q.text(3), q.text(4), q.text(5)});
  return out;
}

verification archive::verify(const std::string& tail) const {
  const in_turn turn(store_);
  store& s = *store_;
  transaction t(s.db, false);
  verification out;
  const auto bad = [&](std::int64_t n) {
    out.ok = false;
    if (out.first_bad == 0) out.first_bad = n;
  };
  bool seen = tail.empty();
  statement q(s.db, "select n, at, what, subject, detail, hash from audit order by n");
  while (q.step()) {
    ++out.rows;
    const std::string hash = audit_hash(out.tail, out.rows, q.whole(1), q.text(2), q.text(3), q.text(4));
    if (q.whole(0) != out.rows || q.text(5) != hash) bad(out.rows);
    out.tail = q.text(5);
    seen = seen || out.tail == tail;
  }
  if (s.meta("tail").value_or("") != out.tail || s.meta("tail_rows").value_or("") != std::to_string(out.rows) || !seen)
    bad(out.rows + 1);
  // The results of runs are in the chain by their hash.
  statement r(
      s.db,
      "select r.id, r.name, r.\"user\", r.inputs, r.result, a.n, a.detail from audit a left join run r on a.what = "
      "'run' and a.detail like (length(cast(r.id as text)) || ':' || r.id || '%') where a.what = 'run' order by a.n");
  while (r.step()) {
    if (s.on_server && r.null(0)) continue;  // a run that this user may not see
    const std::string want = join({r.text(0), r.text(2), r.text(3), sha256(r.text(4))});
    if (r.text(6) != want) bad(r.whole(5));
  }
  return out;
}

}  // namespace guanxi::archive
