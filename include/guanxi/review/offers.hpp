#pragma once
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <guanxi/base/day.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/graph/like_customers.hpp>
#include <guanxi/graph/needs_gap.hpp>
#include <guanxi/graph/supplier_graph.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/review/words.hpp>

namespace guanxi::review {

/// What customers like each one buy from us and it does not, or buys less of.
struct offer_columns {
  std::vector<std::string> text;  // "" when there is nothing to say
  std::vector<double> money;      // sum of the gaps named, a year; NaN when products are not known
};

/// Looks at the last year's products of every customer.
/// Costs   one pass of like_customers (about the sum of squared product popularities) and needs_gap.
[[nodiscard]] inline offer_columns offers_of(const ledger::Ledger& book, day end, std::size_t most = 3, unsigned threads = 0) {
  const std::size_t n = book.customers();
  offer_columns out;
  out.text.resize(n);
  out.money.assign(n, unknown);
  if (book.products().empty()) return out;
  const ledger::item_totals totals = book.products().totals(end - 364, end);
  std::vector<std::uint32_t> customer, item;
  std::vector<double> amount;
  for (std::size_t c = 0; c + 1 < totals.start.size(); ++c)
    for (std::uint64_t i = totals.start[c]; i < totals.start[c + 1]; ++i)
      if (totals.amount[i] > 0) {
        customer.push_back(static_cast<std::uint32_t>(c));
        item.push_back(totals.item[i]);
        amount.push_back(totals.amount[i]);
      }
  if (amount.empty()) return out;
  const graph::SupplierGraph g(graph::lines{.customer = customer, .supplier = item, .amount = amount, .customers = n, .suppliers = book.product_names().size()});
  const graph::likes alike = graph::like_customers(g.view(), {.k = 30, .min_common = 2, .threads = threads});
  const graph::gaps gap = graph::needs_gap(graph::baskets_by_supplier(g.view()), alike, {.k = most, .threads = threads});
  for (std::size_t i = 0; i < gap.customer.size(); ++i) {
    const std::size_t c = gap.customer[i];
    out.money[c] = (std::isnan(out.money[c]) ? 0.0 : out.money[c]) + gap.gap[i];
    std::string& text = out.text[c];
    text += text.empty() ? "" : "; ";
    text += book.product_names().name(gap.item[i]) + (gap.actual[i] > 0 ? ": more of it" : "") + " (" + percent(gap.chance[i]) +
            " of customers like it buy it, about " + in_words(gap.gap[i]) + " a year more)";
  }
  for (std::string& text : out.text)
    if (!text.empty()) text += ".";
  return out;
}

}  // namespace guanxi::review
