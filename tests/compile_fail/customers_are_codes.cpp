// expect: conversion from .const std::vector<std::__cxx11::basic_string<char> >. to non-scalar type .std::span<const unsigned int>.
// Ids are encoded once, by the ledger: kernels take codes, not names.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <guanxi/ledger/deliveries.hpp>

int main() {
  const std::vector<std::string> name{"Kwame Ltd"};
  const std::vector<std::uint32_t> code{0};
  guanxi::ledger::deliveries rows;
#ifdef GUANXI_RIGHT
  std::span<const std::uint32_t> customer = code;
#else
  std::span<const std::uint32_t> customer = name;
#endif
  rows.customer = customer;
  return static_cast<int>(rows.customer.size() + name.size()) - 2;
}
