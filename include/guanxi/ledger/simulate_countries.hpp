#pragma once
#include <array>
#include <string_view>

namespace guanxi::ledger {

/// A country of the simulated world: rounded size (billion USD) and distance from the exporter's port (Shanghai, km).
/// The figures are rough; they only make the world uneven. They are no source for anything else.
struct simulated_country {
  std::string_view name;
  double size;
  double distance;
};

inline constexpr std::array<simulated_country, 36> simulated_countries{{
    {"United States", 25000, 11900}, {"Germany", 4100, 8800},        {"Japan", 4200, 1770},
    {"India", 3400, 4500},           {"United Kingdom", 3100, 9200}, {"France", 2800, 9260},
    {"Italy", 2000, 9100},           {"Brazil", 1900, 18500},        {"Canada", 2100, 11500},
    {"Russia", 2200, 6800},          {"South Korea", 1700, 870},     {"Australia", 1700, 7800},
    {"Mexico", 1400, 12900},         {"Spain", 1400, 10200},         {"Indonesia", 1300, 4430},
    {"Netherlands", 1000, 8900},     {"Saudi Arabia", 1100, 7000},   {"Turkey", 900, 8000},
    {"Switzerland", 800, 9100},      {"Poland", 690, 8000},          {"Thailand", 500, 2900},
    {"Vietnam", 410, 1920},          {"Egypt", 470, 8350},           {"Nigeria", 470, 12200},
    {"South Africa", 400, 11800},    {"Ghana", 73, 13000},           {"Kenya", 113, 9400},
    {"Chile", 300, 18700},           {"Colombia", 340, 15300},       {"United Arab Emirates", 507, 6430},
    {"Malaysia", 400, 3790},         {"Philippines", 400, 1850},     {"Pakistan", 370, 5000},
    {"Bangladesh", 460, 3200},       {"Peru", 240, 17100},           {"Morocco", 130, 10500},
}};

}  // namespace guanxi::ledger
