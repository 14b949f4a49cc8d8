#include <guanxi/value/snapshot.hpp>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace guanxi::value {
namespace {

struct Snapshots : testing::Test {
  std::string path = (std::filesystem::temp_directory_path() / ("guanxi_snapshot_" + std::to_string(::getpid()) + ".gxs")).string();
  std::vector<std::string> names;
  std::vector<std::string_view> customer, country, group;
  std::vector<score_figures> figures;

  void write(std::size_t n, double shift = 0) {
    names.clear(), customer.clear(), country.clear(), group.clear(), figures.clear();
    for (std::size_t i = 0; i < n; ++i) names.push_back("customer " + std::to_string(i));
    for (std::size_t i = 0; i < n; ++i) {
      customer.push_back(names[i]);
      country.push_back(i % 3 == 0 ? "Ghana" : "Kenya");
      group.push_back(i % 2 == 0 ? "pumps" : "valves");
      score_figures f;
      f.p_alive = 0.5, f.purchases = static_cast<double>(i) + shift, f.value = 100.0 * (i % 3 == 0 ? 2 : 1), f.next_order = 20'000;
      figures.push_back(f);
    }
    write_snapshot(path, {customer, country, group, figures}, "test", 0);
  }
  ~Snapshots() override { std::filesystem::remove(path); }
  std::string sentence() {
    try {
      const Snapshot s(path);
    } catch (const error& e) {
      return std::string(e.what()).substr(std::string("value::Snapshot: '" + path + "' ").size());
    }
    return "no error";
  }
};

TEST_F(Snapshots, KnownCustomersComeBackBitByBit) {
  write(1000, 0.1);
  const Snapshot s(path);
  EXPECT_EQ(s.customers(), 1000u);
  EXPECT_EQ(s.label(), "test");
  for (std::size_t i = 0; i < 1000; ++i) {
    const score_answer a = s.score({names[i]});
    EXPECT_EQ(a.source, score_source::customer);
    EXPECT_EQ(a.figures.purchases, figures[i].purchases);
    EXPECT_TRUE(std::isnan(a.figures.spend));
  }
}

TEST_F(Snapshots, UnknownCustomersGetTheirSegment) {
  write(600);
  const Snapshot s(path);
  const auto both = s.score({"nobody", "Ghana", "pumps"});
  EXPECT_EQ(both.source, score_source::country_and_product_group);
  EXPECT_EQ(both.known, 100);
  EXPECT_DOUBLE_EQ(both.figures.value, 200);
  EXPECT_DOUBLE_EQ(both.figures.purchases, 297);  // 0, 6, ... 594
  EXPECT_TRUE(std::isnan(both.figures.next_order));
  EXPECT_EQ(s.score({"nobody", "Ghana", "hoses"}).source, score_source::country);
  EXPECT_EQ(s.score({"nobody", "Togo", "valves"}).source, score_source::product_group);
  EXPECT_EQ(s.score({"nobody", "Togo", std::string(600, 'x')}).source, score_source::book);
  EXPECT_EQ(s.score({"", "", ""}).source, score_source::book);
  EXPECT_DOUBLE_EQ(s.score({}).figures.purchases, 299.5);
  EXPECT_EQ(s.score({"Ghana\x1fpumps"}).source, score_source::book);  // a name of a segment is no customer
  write_snapshot(path, {customer, country, group, figures}, "", 100);
  EXPECT_DOUBLE_EQ(Snapshot(path).score({"nobody", "Ghana", "pumps"}).figures.purchases, (100 * 297 + 100 * 299.5) / 200);
}

TEST_F(Snapshots, WrongFilesAreNamed) {
  write(50);
  std::ifstream in(path, std::ios::binary);
  const std::string good((std::istreambuf_iterator<char>(in)), {});
  const auto with = [&](const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
    return sentence();
  };
  EXPECT_EQ(with(good), "no error");
  EXPECT_EQ(with("a,b,c\n1,2,3\n"), "is no saved scorer of guanxi");
  EXPECT_EQ(with(""), "is no saved scorer of guanxi");
  EXPECT_EQ(with(good.substr(0, 60)), "is cut off: 60 bytes of a longer file");
  EXPECT_EQ(with(good.substr(0, good.size() - 9)), "is cut off or grown: " + std::to_string(good.size() - 9) + " bytes, " + std::to_string(good.size()) + " were written");
  std::string other = good;
  other[8] = 7;
  EXPECT_EQ(with(other), "has version 7; this program reads version 1");
  for (std::size_t at = 24; at < good.size(); at += 31) {  // any flipped bit after the lengths
    if (at >= 72 && at < 136) continue;                   // the label is for people
    other = good;
    other[at] = static_cast<char>(other[at] ^ 4);
    EXPECT_NE(with(other), "no error") << at;
  }
  std::filesystem::remove(path);
  EXPECT_EQ(sentence(), "cannot be opened");
}

TEST_F(Snapshots, WrongRowsAreNamed) {
  const std::vector<std::string_view> twice{"a", "b", "a"};
  const std::vector<score_figures> three(3);
  const auto text = [&](const snapshot_rows& rows) -> std::string {
    try {
      write_snapshot(path, rows);
    } catch (const error& e) {
      return e.what();
    }
    return "no error";
  };
  EXPECT_EQ(text({twice, {}, {}, three}), "value::write_snapshot: customer 'a' is there twice");
  EXPECT_EQ(text({twice, twice, std::span(twice).first(2), three}), "value::write_snapshot: 'product_group' has 2 entries, 'customer' has 3");
  EXPECT_EQ(text({}), "value::write_snapshot: there are no customers");
}

TEST_F(Snapshots, ThreadsAskWhileTheFileIsExchanged) {
  write(500);
  LiveScorer live(path);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<long> asked{0};
  {
    std::vector<std::jthread> team;
    for (int t = 0; t < 4; ++t)
      team.emplace_back([&, t] {
        for (std::size_t i = static_cast<std::size_t>(t); !stop; i = (i + 7) % 500) {
          const auto a = live.score({"customer " + std::to_string(i)});
          const double shift = a.figures.purchases - static_cast<double>(i);
          if (a.source != score_source::customer || (shift != 0 && shift != 1000)) ++wrong;
          ++asked;
        }
      });
    const std::vector<std::string> keep = names;
    for (int round = 0; round < 40; ++round) {
      write(500, round % 2 == 0 ? 1000 : 0);
      live.swap(path);
    }
    while (asked < 1000) std::this_thread::yield();
    stop = true;
  }
  EXPECT_EQ(wrong, 0);
  std::filesystem::remove(path);  // files are exchanged, never written over
  std::ofstream(path, std::ios::binary) << "broken";
  EXPECT_THROW(live.swap(path), error);
  EXPECT_EQ(live.score({"customer 3"}).source, score_source::customer);  // the old one stays
}

}  // namespace
}  // namespace guanxi::value
