# Installs headers, targets and a package file, so that find_package(guanxi) works from a prefix and from the wheel.
include(CMakePackageConfigHelpers)
set(GUANXI_CMAKE_DIR "${CMAKE_INSTALL_DATADIR}/cmake/guanxi" CACHE STRING "Where the CMake package is installed")

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/guanxi" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(FILES "${PROJECT_SOURCE_DIR}/include/guanxi.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" OPTIONAL)
install(TARGETS guanxi EXPORT guanxiTargets)
install(EXPORT guanxiTargets NAMESPACE guanxi:: DESTINATION "${GUANXI_CMAKE_DIR}")
if(TARGET guanxi_store)
  install(TARGETS guanxi_store EXPORT guanxiStoreTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
  install(EXPORT guanxiStoreTargets NAMESPACE guanxi:: DESTINATION "${GUANXI_CMAKE_DIR}")
endif()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/guanxiConfig.cmake.in" "${PROJECT_BINARY_DIR}/guanxiConfig.cmake"
  INSTALL_DESTINATION "${GUANXI_CMAKE_DIR}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/guanxiConfigVersion.cmake" COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES "${PROJECT_BINARY_DIR}/guanxiConfig.cmake" "${PROJECT_BINARY_DIR}/guanxiConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/cmake/GuanxiDependencies.cmake" DESTINATION "${GUANXI_CMAKE_DIR}")
