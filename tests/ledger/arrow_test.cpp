#include <guanxi/ledger/arrow.hpp>
#include <guanxi/ledger/ledger.hpp>

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "support/ledger_arrow.hpp"

namespace {
using namespace guanxi;
using namespace guanxi::ledger;
using support::arrow_column;
using support::arrow_stream;

const arrow_column three_ids = support::values<std::int64_t>({3, 1, 3});
const arrow_column three_days = support::values<std::int32_t>({10, 11, 12});
const arrow_column three_amounts = support::values<double>({1.5, 2, 4});

std::vector<arrow_stream::column_type> types(std::string id = "l", std::string date = "tdD", std::string amount = "g", std::string entries = "") {
  return {{"customer", std::move(id), std::move(entries)}, {"date", std::move(date), ""}, {"amount", std::move(amount), ""}};
}
template <class Call>
std::string sentence(Call&& call) {
  try {
    call();
  } catch (const error& why) {
    return why.what();
  }
  return "no error";
}

TEST(Arrow, ColumnsInTheWantedLayoutAreNotCopied) {
  arrow_stream stream(types(), {{three_ids, three_days, three_amounts}});
  {
    const arrow_lines read(stream.get(), {});
    EXPECT_EQ(stream.get()->release, nullptr);
    EXPECT_EQ(stream.released, 1);
    const auto address = [&](std::size_t column) { return read.table().chunks(column)[0].array->buffers[1]; };
    EXPECT_EQ(static_cast<const void*>(read.lines().customer.wide.data()), address(0));
    EXPECT_EQ(static_cast<const void*>(read.lines().date.data()), address(1));
    EXPECT_EQ(static_cast<const void*>(read.lines().amount.data()), address(2));
    const Ledger led(read.lines());
    EXPECT_EQ(led.customers(), 2u);
    EXPECT_EQ(led.days().amount[1], 1.5);
    EXPECT_GT(stream.open, 0);
  }
  EXPECT_EQ(stream.open, 0);
}

TEST(Arrow, SeveralBatchesSlicesAndNulls) {
  arrow_column id = support::values<std::int32_t>({9, 9, 3, 1, 3}, "11011"), date = support::values<std::int32_t>({0, 0, 10, 11, 12}),
               amount = support::values<double>({9, 9, 1, 2, 4}, "11110");
  for (arrow_column* c : {&id, &date, &amount}) c->offset = 2;
  const arrow_column id2 = support::values<std::int32_t>({3}), date2 = support::values<std::int32_t>({20}, "1"), amount2 = support::values<double>({8});
  arrow_stream stream(types("i"), {{id, date, amount}, {id2, date2, amount2}});
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  EXPECT_EQ(led.read(), 4u);
  ASSERT_EQ(led.rejected().size(), 2u);
  EXPECT_EQ(led.rejected()[0].reason, "the customer is empty");
  EXPECT_EQ(led.rejected()[1].reason, "the amount is empty or NaN");
  EXPECT_EQ(std::vector<double>(led.days().amount.begin(), led.days().amount.end()), (std::vector<double>{2, 8}));
  EXPECT_EQ(led.first_day(), 11);
}

TEST(Arrow, ASliceOfTheWholeBatchWithNullIds) {
  arrow_stream stream(types(), {{support::values<std::int64_t>({5, 6, 7}, "101"), three_days, three_amounts}});
  stream.batch_offset = 1;
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  EXPECT_EQ(led.read(), 2u);
  EXPECT_EQ(led.lines(), 1u);
  EXPECT_EQ(led.names().numbers()[0], 7);
}

template <class T>
void expect_integer(const char* format) {
  arrow_stream stream(types(format, "tdD", format), {{support::values<T>({3, 1, 3}), three_days, support::values<T>({1, 2, 4})}});
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  EXPECT_EQ(led.names().numbers()[1], 3) << format;
  EXPECT_EQ(led.summary().spend[1], 4) << format;
}
TEST(Arrow, IntegersOfAllWidths) {
  expect_integer<std::int8_t>("c");
  expect_integer<std::uint8_t>("C");
  expect_integer<std::int16_t>("s");
  expect_integer<std::uint16_t>("S");
  expect_integer<std::int32_t>("i");
  expect_integer<std::uint32_t>("I");
  expect_integer<std::int64_t>("l");
  expect_integer<std::uint64_t>("L");
  expect_integer<float>("f");
  expect_integer<double>("g");
}

std::vector<double> amounts(const char* format, const arrow_column& amount) {
  arrow_stream stream(types("l", "tdD", format), {{three_ids, three_days, amount}});
  const arrow_lines read(stream.get(), {});
  return {read.lines().amount.begin(), read.lines().amount.end()};
}
TEST(Arrow, FloatsAndDecimalsOfAllWidths) {
  EXPECT_EQ(amounts("e", support::values<std::uint16_t>({0x3C00, 0xC500, 0x0001})), (std::vector<double>{1, -5, std::ldexp(1.0, -24)}));
  EXPECT_EQ(amounts("f", support::values<float>({1.5f, -2, 4})), (std::vector<double>{1.5, -2, 4}));
  EXPECT_EQ(amounts("d:9,2,32", support::values<std::int32_t>({1999, -1, 0})), (std::vector<double>{19.99, -0.01, 0}));
  EXPECT_EQ(amounts("d:18,2,64", support::values<std::int64_t>({1999, -1, 0})), (std::vector<double>{19.99, -0.01, 0}));
  EXPECT_EQ(amounts("d:20,2", support::values<std::int64_t>({1999, 0, -1, -1, 0, 0})), (std::vector<double>{19.99, -0.01, 0}));
  EXPECT_EQ(amounts("d:40,3,256", support::values<std::int64_t>({7, 0, 0, 0, -1500, -1, -1, -1, 0, 1, 0, 0})),
            (std::vector<double>{0.007, -1.5, 18446744073709551.616}));
  EXPECT_EQ(amounts("d:20,-2", support::values<std::int64_t>({3, 0, 0, 0, 0, 0}))[0], 300);
}

std::vector<day> days(const char* format, const arrow_column& date) {
  arrow_stream stream(types("l", format), {{three_ids, date, three_amounts}});
  const arrow_lines read(stream.get(), {});
  return {read.lines().date.begin(), read.lines().date.end()};
}
TEST(Arrow, DatesAndTimestampsInAnyUnit) {
  const std::vector<std::int64_t> ms{0, 86'400'000 * 3 + 5, -1};
  EXPECT_EQ(days("tdm", support::values(ms)), (std::vector<day>{0, 3, -1}));
  EXPECT_EQ(days("tsm:", support::values(ms)), (std::vector<day>{0, 3, -1}));
  EXPECT_EQ(days("tss:", support::values<std::int64_t>({86'399, 86'400, -86'401})), (std::vector<day>{0, 1, -2}));
  EXPECT_EQ(days("tsu:UTC", support::values<std::int64_t>({86'399'999'999, 86'400'000'000, -1}, "110")), (std::vector<day>{0, 1, no_day}));
  EXPECT_EQ(days("tsn:", support::values<std::int64_t>({86'400'000'000'000, 0, 1})), (std::vector<day>{1, 0, 0}));
}
TEST(Arrow, TheDayOfAFixedOffsetIsItsOwn) {
  const std::vector<std::int64_t> late{82'800, 0, 79'199};  // 23:00, 00:00 and 21:59:59 in UTC
  EXPECT_EQ(days("tss:+02:00", support::values(late)), (std::vector<day>{1, 0, 0}));
  EXPECT_EQ(days("tss:-05:30", support::values(late)), (std::vector<day>{0, -1, 0}));
  EXPECT_EQ(sentence([&] { days("tss:Europe/Berlin", support::values(late)); }),
            "arrow: column 'date' is in the zone 'Europe/Berlin'; convert it to local dates first (only fixed offsets such as +02:00 are read here)");
}
TEST(Arrow, TimesFarOutsideTheCalendarAreRefusedNotWrapped) {
  arrow_stream stream(types("l", "tss:"), {{three_ids, support::values<std::int64_t>({INT64_MAX, INT64_MIN, 0}), three_amounts}});
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  EXPECT_EQ(led.lines(), 1u);
  EXPECT_EQ(led.rejected()[1].reason, "the date lies outside the years 1 to 9999");
}
TEST(Arrow, TextAndWholeNumberDates) {
  arrow_stream stream(types("l", "u"), {{three_ids, support::texts<std::int32_t>({"2024-02-29", "03/04/24", "20240301"}), three_amounts}});
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  EXPECT_EQ(led.first_day(), to_day({2024, 2, 29}));
  ASSERT_EQ(led.rejected().size(), 1u);
  EXPECT_EQ(led.rejected()[0].reason, "the date '03/04/24' has a two-digit year; write the year in full or give date_format");
  EXPECT_EQ(days("i", support::values<std::int32_t>({20240229, 20240230, 45000}))[0], to_day({2024, 2, 29}));
  EXPECT_EQ(days("i", support::values<std::int32_t>({20240229, 20240230, 45000}))[1], no_day);
}

std::string names(const std::string& format, const arrow_column& id, const std::string& entries = "") {
  arrow_stream stream(types(format, "tdD", "g", entries), {{id, three_days, three_amounts}, {id, three_days, three_amounts}});
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  std::string all;
  for (std::size_t c = 0; c < led.customers(); ++c) all += led.names().name(c) + "|";
  return all + std::to_string(led.lines());
}
TEST(Arrow, TextIdsInEveryLayout) {
  const std::vector<std::string> ids{"a rather long name, not inline", "b", "a rather long name, not inline"};
  const std::string want = "a rather long name, not inline|b|6";
  EXPECT_EQ(names("u", support::texts<std::int32_t>(ids)), want);
  EXPECT_EQ(names("U", support::texts<std::int64_t>(ids)), want);
  EXPECT_EQ(names("vu", support::views(ids)), want);
  EXPECT_EQ(names("vu", support::views({"x", "y", "z"}, "101")), "x|z|4");
  EXPECT_EQ(names("u", support::texts<std::int32_t>({"x", "", "z"})), "x|z|4");
}
TEST(Arrow, DictionariesWithAnyIndex) {
  const arrow_column entries = support::texts<std::int32_t>({"z", "unused", "a", "z"}, "1110");
  EXPECT_EQ(names("c", support::dictionary<std::int8_t>({0, 2, 0}, entries), "u"), "a|z|6");
  EXPECT_EQ(names("C", support::dictionary<std::uint8_t>({0, 3, 0}, entries), "u"), "z|4");
  EXPECT_EQ(names("s", support::dictionary<std::int16_t>({0, 2, 0}, entries, "011"), "u"), "a|z|4");
  EXPECT_EQ(names("I", support::dictionary<std::uint32_t>({0, 2, 0}, support::views({"z", "unused", "a"})), "vu"), "a|z|6");
  EXPECT_EQ(names("L", support::dictionary<std::uint64_t>({0, 2, 0}, support::values<std::int32_t>({70, 1, -2})), "i"), "-2|70|6");
  EXPECT_EQ(sentence([&] { names("i", support::dictionary<std::int32_t>({0, 4, 0}, entries), "u"); }),
            "arrow: column 'customer' points to entry 4 of a dictionary of 4");
  EXPECT_EQ(sentence([&] { names("i", support::dictionary<std::int32_t>({0, -1, 0}, entries), "u"); }),
            "arrow: column 'customer' points to entry -1 of a dictionary of 4");
}
TEST(Arrow, DictionariesThatDifferByBatchAreJoined) {
  arrow_stream stream(types("i", "tdD", "g", "u"),
                      {{support::dictionary<std::int32_t>({0, 1, 0}, support::texts<std::int32_t>({"b", "c"})), three_days, three_amounts},
                       {support::dictionary<std::int32_t>({0, 1, 1}, support::texts<std::int32_t>({"c", "a"})), three_days, three_amounts}});
  const arrow_lines read(stream.get(), {});
  const Ledger led(read.lines());
  ASSERT_EQ(led.customers(), 3u);
  EXPECT_EQ(led.names().name(0), "a");
  EXPECT_EQ(led.days().start[1], 2u);
  EXPECT_EQ(led.days().amount[0], 2);
}
TEST(Arrow, NothingButNulls) {
  arrow_column none;
  none.length = 3;
  none.null_count = 3;
  arrow_stream stream(types("n", "n", "n"), {{none, none, none}});
  const arrow_lines read(stream.get(), {});
  EXPECT_EQ(Ledger(read.lines()).rejected().size(), 3u);
}

// -- malformed streams -------------------------------------------------------------------------------------------------

std::string fails(const std::function<void(arrow_stream&)>& damage, std::vector<arrow_stream::column_type> t = types(),
                  std::vector<arrow_column> batch = {three_ids, three_days, three_amounts}) {
  arrow_stream stream(std::move(t), {std::move(batch)});
  damage(stream);
  const std::string text = sentence([&] {
    const arrow_lines read(stream.get(), {});
    const Ledger led(read.lines());
  });
  EXPECT_EQ(stream.open, 0) << "not everything was released";
  return text;
}
const auto unharmed = [](arrow_stream&) {};

TEST(ArrowMalformed, Sentences) {
  EXPECT_EQ(fails([](arrow_stream& s) { s.failure = "disk on fire"; }), "arrow: the stream failed to give a batch: disk on fire");
  EXPECT_EQ(fails([](arrow_stream& s) { s.top_format = "l"; }), "arrow: the stream holds 'l' where record batches ('+s') are wanted");
  EXPECT_EQ(fails([](arrow_stream& s) { s.batch_children = 2; }), "arrow: a batch has 2 columns, the schema 3");
  EXPECT_EQ(fails([](arrow_stream& s) { s.batch_length = 9; }), "arrow: column 'customer' has 3 entries from 0, its batch has 9");
  EXPECT_EQ(fails([](arrow_stream& s) { s.get()->release = nullptr; }), "arrow: the stream was released before it was read");
  auto renamed = types();
  renamed[1].name = "when";
  EXPECT_EQ(fails(unharmed, renamed), "arrow: no column 'date' among 'customer', 'when', 'amount'");
  EXPECT_EQ(fails(unharmed, types("+l")), "arrow: column 'customer' has the format '+l' where ids (whole numbers or texts) are wanted");
  EXPECT_EQ(fails(unharmed, types("l", "tdD", "u"), {three_ids, three_days, support::texts<std::int32_t>({"1", "2", "3"})}),
            "arrow: column 'amount' has the format 'u' where numbers are wanted");
  EXPECT_EQ(fails(unharmed, types("l", "g"), {three_ids, three_amounts, three_amounts}),
            "arrow: column 'date' has the format 'g' where dates are wanted");
  EXPECT_EQ(fails(unharmed, types("g"), {support::values<double>({1, 2.5, 3}), three_days, three_amounts}),
            "arrow: column 'customer' has the id 2.500000 in line 1; ids are whole numbers or texts");
}
TEST(ArrowMalformed, BuffersOffsetsAndViews) {
  arrow_column no_values = three_ids;
  no_values.absent = {true, true};
  EXPECT_EQ(fails(unharmed, types(), {no_values, three_days, three_amounts}), "arrow: column 'customer' has no values");
  arrow_column one_buffer = three_ids;
  one_buffer.buffers.resize(1);
  EXPECT_EQ(fails(unharmed, types(), {one_buffer, three_days, three_amounts}),
            "arrow: column 'customer' has 1 buffers where its layout has 2");
  arrow_column negative = three_ids;
  negative.offset = -1;
  EXPECT_EQ(fails(unharmed, types(), {negative, three_days, three_amounts}).substr(0, 24), "arrow: column 'customer'");
  arrow_column falling = support::texts<std::int32_t>({"aa", "bb", "cc"});
  falling.buffers[1] = support::bytes_of(std::vector<std::int32_t>{0, 4, 2, 6});
  EXPECT_EQ(fails(unharmed, types("u"), {falling, three_days, three_amounts}), "arrow: column 'customer' has text offsets that fall");
  arrow_column outside = support::views({"a rather long name, not inline", "b", "c"});
  std::int32_t far = 1 << 20;
  std::memcpy(outside.buffers[1].data() + 12, &far, 4);
  EXPECT_EQ(fails(unharmed, types("vu"), {outside, three_days, three_amounts}), "arrow: a string view points outside its buffers");
  arrow_column no_bits = three_ids;
  no_bits.null_count = 1;
  EXPECT_EQ(fails(unharmed, types(), {no_bits, three_days, three_amounts}), "arrow: column 'customer' has nulls and no bits that say which");
  EXPECT_EQ(fails(unharmed, types("i", "tdD", "g", "u"), {support::values<std::int32_t>({0, 0, 0}), three_days, three_amounts}),
            "arrow: column 'customer' has no dictionary");
  EXPECT_EQ(fails(unharmed, types("l", "tdD", "d:x"), {three_ids, three_days, three_amounts}), "arrow: the format 'd:x' is no decimal");
}
TEST(ArrowMalformed, AnEmptyStreamIsAnEmptyLedger) {
  arrow_stream stream(types(), {});
  EXPECT_EQ(sentence([&] {
    const arrow_lines read(stream.get(), {});
    const Ledger led(read.lines());
  }), "Ledger: there are no lines");
}
}  // namespace
