#pragma once
// What every binding shares: numpy columns in as spans, vectors out as numpy arrays without a copy.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

namespace guanxi::python {
namespace py = pybind11;
using namespace pybind11::literals;

/// A column as it comes from Python: contiguous, converted only when its type differs.
template <class T>
using column_in = py::array_t<T, py::array::c_style | py::array::forcecast>;

template <class T>
[[nodiscard]] std::span<const T> view(const column_in<T>& column) {
  return {column.data(), static_cast<std::size_t>(column.size())};
}

/// Hands a vector to numpy; the array owns it, nothing is copied.
template <class T>
[[nodiscard]] py::array_t<T> give(std::vector<T>&& values) {
  auto owned = std::make_unique<std::vector<T>>(std::move(values));
  T* data = owned->data();
  const auto size = static_cast<py::ssize_t>(owned->size());
  py::capsule owner(owned.release(), [](void* p) { delete static_cast<std::vector<T>*>(p); });
  return py::array_t<T>(size, data, owner);
}

/// A numpy view of columns that `owner` (a bound object) keeps alive; read only.
template <class T>
[[nodiscard]] py::array_t<T> look(std::span<const T> values, py::handle owner) {
  py::array_t<T> array(static_cast<py::ssize_t>(values.size()), values.data(), owner);
  array.attr("flags").attr("writeable") = false;
  return array;
}

}  // namespace guanxi::python
