#pragma once
// Errors, days, intervals, sums, random streams, special functions, threads.
#include <guanxi/base/concentration.hpp>
#include <guanxi/base/day.hpp>
#include <guanxi/base/error.hpp>
#include <guanxi/base/incomplete.hpp>
#include <guanxi/base/interval.hpp>
#include <guanxi/base/parallel.hpp>
#include <guanxi/base/random.hpp>
#include <guanxi/base/special.hpp>
#include <guanxi/base/sum.hpp>
#include <guanxi/base/unit.hpp>
