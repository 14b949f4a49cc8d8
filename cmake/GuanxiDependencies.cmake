# Eigen and Boost are found in this order: what the caller set, cmeel packages on the interpreter's path, the system.
# The versions found are printed. Nothing is downloaded here.
find_package(Threads REQUIRED)

# cmeel-eigen and cmeel-boost (PyPI) live in <site-packages>/cmeel.prefix; CMake does not look there by itself.
if(NOT DEFINED GUANXI_CMEEL_PREFIX)
  find_program(GUANXI_PYTHON NAMES python3 python HINTS "$ENV{VIRTUAL_ENV}/bin")
  if(Python_EXECUTABLE)
    set(GUANXI_PYTHON "${Python_EXECUTABLE}")
  endif()
  if(GUANXI_PYTHON)
    execute_process(
      COMMAND "${GUANXI_PYTHON}" -c "import os, sys; print(';'.join(d for p in sys.path for d in [os.path.join(p, 'cmeel.prefix')] if os.path.isdir(d)))"
      OUTPUT_VARIABLE GUANXI_CMEEL_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()

set(guanxi_saved_prefix "${CMAKE_PREFIX_PATH}")
list(APPEND CMAKE_PREFIX_PATH ${GUANXI_CMEEL_PREFIX})
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_path(GUANXI_BOOST_INCLUDE boost/version.hpp
  HINTS "${Boost_INCLUDE_DIR}" "${BOOST_ROOT}/include" "$ENV{BOOST_ROOT}/include"
  PATHS ${GUANXI_CMEEL_PREFIX} PATH_SUFFIXES include)
set(CMAKE_PREFIX_PATH "${guanxi_saved_prefix}")

set(guanxi_boost_version "none")
if(GUANXI_BOOST_INCLUDE)
  file(STRINGS "${GUANXI_BOOST_INCLUDE}/boost/version.hpp" guanxi_line REGEX "define BOOST_LIB_VERSION ")
  string(REGEX REPLACE ".*\"([0-9_]+)\".*" "\\1" guanxi_boost_version "${guanxi_line}")
endif()
message(STATUS "guanxi: Eigen ${Eigen3_VERSION} (${Eigen3_DIR})")
message(STATUS "guanxi: Boost ${guanxi_boost_version} (${GUANXI_BOOST_INCLUDE})")

# Header-only neighbours that a guest of guanxi::guanxi needs on its include path.
function(guanxi_link_headers target)
  target_link_libraries(${target} INTERFACE Eigen3::Eigen)
  if(GUANXI_BOOST_INCLUDE)
    target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${GUANXI_BOOST_INCLUDE}>")
  endif()
endfunction()
