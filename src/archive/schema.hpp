#pragma once
// The tables, version by version: a new file gets the last one, an older file is brought up step by step.
namespace guanxi::archive {

inline constexpr const char* fact_table = R"(
  create table fact(subject integer not null, field integer not null, item integer not null, vf integer not null,
    vt integer not null, tf integer not null, tt integer not null, value any, person integer not null,
    origin integer not null, primary key(subject, field, item, tf, vf), check(vf < vt and tf < tt)) strict, without rowid;
)";
inline constexpr const char* fact_value_index = R"(
  create index if not exists fact_value on fact(field, value, subject) where person = 0 and length(value) <= 40;
)";
inline constexpr const char* fact_indices = R"(
  create index fact_item on fact(item, field, subject) where item > 0;
  create index fact_past on fact(field) where vt < 9223372036854775807 or tt < 9223372036854775807;
  create index fact_person on fact(person) where person > 0;
)";
inline constexpr const char* item_and_person = R"(
  create table item(id integer primary key, text text not null unique) strict;
  create table person(id integer primary key, customer integer not null, label text not null, state integer not null,
    unique(customer, label)) strict;
)";
inline constexpr const char* word_tables = R"(
  create table word(id integer primary key, subject integer not null, field integer not null, item integer not null) strict;
  create index word_of on word(subject, field, item);
  create virtual table words using fts5(body, tokenize = 'trigram');
)";
inline constexpr const char* pack_tables = R"(
  create table pack(subject integer primary key, tf integer not null, vf integer not null, origin integer not null,
    body blob not null) strict;
  create table posting(field integer not null, value any not null, load integer not null, ids blob not null,
    primary key(field, value, load)) strict, without rowid;
  create table posting_load(load integer primary key) strict;
  create table packed_field(field integer primary key) strict;
)";
inline constexpr const char* base_tables = R"(
  create table meta(key text primary key, value any) strict;
  create table customer(id integer primary key, ref text not null unique) strict;
  create table field(id integer primary key, name text not null unique, kind integer not null,
    many integer not null default 0, personal integer not null default 0, searchable integer not null default 0,
    grp text not null default '') strict;
  create table origin(id integer primary key, source text not null, user text not null, unique(source, user)) strict;
  create table hold(customer integer primary key, reason text not null, until integer not null) strict;
  create table run(id integer primary key, name text not null, at integer not null, user text not null,
    inputs text not null, result text not null) strict;
  create table audit(n integer primary key, at integer not null, what text not null, subject text not null,
    detail text not null, hash text not null) strict;
  create trigger audit_stays before delete on audit begin select raise(abort, 'the audit chain is append only'); end;
  create trigger audit_same before update on audit begin select raise(abort, 'the audit chain is append only'); end;
)";

/// 1 to 2: fields with many values, personal values.
inline constexpr const char* step_2 = R"(
  alter table field add column many integer not null default 0;
  alter table field add column personal integer not null default 0;
  alter table field add column searchable integer not null default 0;
  alter table field add column grp text not null default '';
  drop index fact_open;
  drop index fact_ended;
  alter table fact rename to fact_1;
)";
inline constexpr const char* step_2_copy = R"(
  insert into fact select subject, field, 0, vf, vt, tf, tt, value, 0, origin from fact_1 order by subject, field, tf, vf;
  drop table fact_1;
)";

}  // namespace guanxi::archive
