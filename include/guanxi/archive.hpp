#pragma once
// Customer files with two times; the store itself is compiled: link guanxi::store.
#include <guanxi/archive/archive.hpp>
