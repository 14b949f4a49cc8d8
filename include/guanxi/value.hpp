#pragma once
#include <guanxi/value/customer_value.hpp>
#include <guanxi/value/forecast.hpp>
