#pragma once
// Who gets which of our limited hours, money and people.
#include <guanxi/plan/allocate.hpp>
#include <guanxi/plan/book.hpp>
#include <guanxi/plan/explain.hpp>
