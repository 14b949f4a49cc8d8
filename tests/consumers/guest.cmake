# What every guest checks: its own strict flags hold for our headers, and none of our flags arrive at it.
add_executable(guest "${CMAKE_CURRENT_LIST_DIR}/guest.cpp")
target_link_libraries(guest PRIVATE guanxi::guanxi)
target_compile_options(guest PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
if(EXISTS_EVERYTHING)
  target_compile_definitions(guest PRIVATE GUEST_WANTS_EVERYTHING)
endif()

# A guest that is not strict: a warning in its own code stays a warning.
file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/careless.cpp" "#include <guanxi/base/day.hpp>\nint main() { int unused; double d = 1.5; int n = d; return n - 1; }\n")
add_executable(careless "${CMAKE_CURRENT_BINARY_DIR}/careless.cpp")
target_link_libraries(careless PRIVATE guanxi::guanxi)

get_target_property(options guanxi::guanxi INTERFACE_COMPILE_OPTIONS)
if(options)
  message(FATAL_ERROR "guanxi::guanxi hands compile options to its guests: ${options}")
endif()
if(TARGET guanxi::store)
  message(STATUS "guest: guanxi::store is there")
endif()
enable_testing()
add_test(NAME guest COMMAND guest)
add_test(NAME careless COMMAND careless)
