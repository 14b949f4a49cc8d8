# Eigen and Boost are found in this order: what the caller set, cmeel packages on the interpreter's path, the system.
# The versions found are printed. Nothing is downloaded here.
#   what the caller set: Eigen3_DIR, Eigen3_ROOT, Boost_INCLUDE_DIR, Boost_ROOT, BOOST_ROOT, BOOST_INCLUDEDIR, CMAKE_PREFIX_PATH
#   GUANXI_CMEEL_PREFIX: set it to nothing to leave cmeel's packages out
# Both are needed to build guanxi itself; a guest needs them only for the headers that include them.
find_package(Threads REQUIRED)

# cmeel-eigen and cmeel-boost (PyPI) live in <site-packages>/cmeel.prefix; CMake does not look there by itself.
if(NOT DEFINED GUANXI_CMEEL_PREFIX)
  set(guanxi_python "${Python_EXECUTABLE}")
  if(NOT guanxi_python)
    find_program(GUANXI_PYTHON NAMES python3 python HINTS "$ENV{VIRTUAL_ENV}/bin")
    mark_as_advanced(GUANXI_PYTHON)
    set(guanxi_python "${GUANXI_PYTHON}")
  endif()
  set(GUANXI_CMEEL_PREFIX "")
  if(guanxi_python)
    execute_process(
      COMMAND "${guanxi_python}" -c "import os, sys; print(';'.join(d for p in sys.path for d in [os.path.join(p, 'cmeel.prefix')] if os.path.isdir(d)))"
      OUTPUT_VARIABLE GUANXI_CMEEL_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  # This file inside an installed wheel: cmeel's folder is a neighbour of the package.
  get_filename_component(guanxi_site "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
  if(IS_DIRECTORY "${guanxi_site}/cmeel.prefix" AND NOT "${guanxi_site}/cmeel.prefix" IN_LIST GUANXI_CMEEL_PREFIX)
    list(APPEND GUANXI_CMEEL_PREFIX "${guanxi_site}/cmeel.prefix")
  endif()
endif()

# Eigen: Eigen3_DIR and Eigen3_ROOT come first by CMake's own rules, then prefixes in the order of this list.
set(guanxi_saved_prefix "${CMAKE_PREFIX_PATH}")
file(TO_CMAKE_PATH "$ENV{CMAKE_PREFIX_PATH}" guanxi_env_prefix)
list(APPEND CMAKE_PREFIX_PATH ${guanxi_env_prefix} ${GUANXI_CMEEL_PREFIX})
find_package(Eigen3 3.4 QUIET NO_MODULE)
set(CMAKE_PREFIX_PATH "${guanxi_saved_prefix}")

# Boost: headers only, so one folder is all that is wanted. A first find_path that succeeds makes the next ones do nothing.
set(guanxi_boost_set "${Boost_INCLUDE_DIR}" "${BOOST_INCLUDEDIR}")
foreach(root "${Boost_ROOT}" "${BOOST_ROOT}" "$ENV{Boost_ROOT}" "$ENV{BOOST_ROOT}")
  if(root)
    list(APPEND guanxi_boost_set "${root}" "${root}/include")
  endif()
endforeach()
list(REMOVE_ITEM guanxi_boost_set "")
find_path(GUANXI_BOOST_INCLUDE boost/version.hpp PATHS ${guanxi_boost_set} NO_DEFAULT_PATH)
find_path(GUANXI_BOOST_INCLUDE boost/version.hpp PATHS ${CMAKE_PREFIX_PATH} ${guanxi_env_prefix} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_path(GUANXI_BOOST_INCLUDE boost/version.hpp PATHS ${GUANXI_CMEEL_PREFIX} PATH_SUFFIXES include NO_DEFAULT_PATH)
find_path(GUANXI_BOOST_INCLUDE boost/version.hpp)
mark_as_advanced(GUANXI_BOOST_INCLUDE)

set(guanxi_boost_version "none")
if(GUANXI_BOOST_INCLUDE)
  file(STRINGS "${GUANXI_BOOST_INCLUDE}/boost/version.hpp" guanxi_line REGEX "define BOOST_LIB_VERSION ")
  string(REGEX REPLACE ".*\"([0-9_]+)\".*" "\\1" guanxi_boost_version "${guanxi_line}")
  string(REPLACE "_" "." guanxi_boost_version "${guanxi_boost_version}")
endif()
if(NOT guanxi_FIND_QUIETLY)
  if(Eigen3_FOUND)
    message(STATUS "guanxi: Eigen ${Eigen3_VERSION} (${Eigen3_DIR})")
  else()
    message(STATUS "guanxi: Eigen none")
  endif()
  message(STATUS "guanxi: Boost ${guanxi_boost_version} (${GUANXI_BOOST_INCLUDE})")
endif()

# Puts both on the include path of a target, as system headers: their warnings are not the guest's.
function(guanxi_link_headers target)
  if(TARGET Eigen3::Eigen)
    get_target_property(eigen Eigen3::Eigen INTERFACE_INCLUDE_DIRECTORIES)
    target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${eigen}>")
  endif()
  if(GUANXI_BOOST_INCLUDE)
    target_include_directories(${target} SYSTEM INTERFACE "$<BUILD_INTERFACE:${GUANXI_BOOST_INCLUDE}>")
  endif()
endfunction()
