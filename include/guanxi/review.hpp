#pragma once
// The key-account review: the one call.
#include <guanxi/review/change.hpp>
#include <guanxi/review/columns.hpp>
#include <guanxi/review/effort.hpp>
#include <guanxi/review/known.hpp>
#include <guanxi/review/own_supplier.hpp>
#include <guanxi/review/review.hpp>
#include <guanxi/review/words.hpp>
