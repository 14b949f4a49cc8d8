#pragma once
// Our sales and everybody's deliveries as checked, encoded, customer-sorted columns. Arrow: <guanxi/ledger/arrow.hpp>.
#include <guanxi/ledger/buffer.hpp>
#include <guanxi/ledger/credit.hpp>
#include <guanxi/ledger/customer_items.hpp>
#include <guanxi/ledger/day_records.hpp>
#include <guanxi/ledger/deliveries.hpp>
#include <guanxi/ledger/delivery_rows.hpp>
#include <guanxi/ledger/dictionary.hpp>
#include <guanxi/ledger/encode.hpp>
#include <guanxi/ledger/ledger.hpp>
#include <guanxi/ledger/order_lines.hpp>
#include <guanxi/ledger/purchase_days.hpp>
#include <guanxi/ledger/summary.hpp>
#include <guanxi/ledger/text_day.hpp>
