#include "columns.hpp"
#include "topics.hpp"

namespace guanxi::python {
void bind_ledger(py::module_&) {}
}  // namespace guanxi::python
