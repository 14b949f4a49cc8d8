#pragma once
// Customer files with two times; the store itself is compiled: link guanxi::store.
#include <guanxi/archive/archive.hpp>
#include <guanxi/archive/expiry.hpp>
#include <guanxi/archive/run.hpp>
#include <guanxi/archive/value.hpp>
