# The SIMD library Highway, as the target residual_knn_highway.
#
# By default, the installed shared library libhwy, which Debian has. It belongs to the whole process, and every user of
# this library needs it. With RESIDUAL_KNN_HIGHWAY_SOURCE, the sources of Highway that this library needs are compiled
# into it and hidden. scripts/get-highway gets them from Debian.
set(RESIDUAL_KNN_HIGHWAY_SOURCE "" CACHE PATH "Folder with Highway's sources, to be compiled in; empty: the installed libhwy")

if(NOT RESIDUAL_KNN_HIGHWAY_SOURCE)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
  add_library(residual_knn_highway INTERFACE)
  target_link_libraries(residual_knn_highway INTERFACE PkgConfig::HWY)
  return()
endif()

if(RESIDUAL_KNN_BUILD_TESTS)
  message(FATAL_ERROR "The tests force SIMD targets through the installed libhwy: "
                      "RESIDUAL_KNN_HIGHWAY_SOURCE needs RESIDUAL_KNN_BUILD_TESTS=OFF")
endif()
get_filename_component(highway_source "${RESIDUAL_KNN_HIGHWAY_SOURCE}" ABSOLUTE BASE_DIR ${CMAKE_BINARY_DIR})
if(NOT EXISTS ${highway_source}/hwy/targets.cc)
  message(FATAL_ERROR "RESIDUAL_KNN_HIGHWAY_SOURCE is '${RESIDUAL_KNN_HIGHWAY_SOURCE}', "
                      "but there is no ${highway_source}/hwy/targets.cc")
endif()
# targets.cc finds out what the processor can do. Since Highway 1.1, messages are in abort.cc and the size of vectors is in
# per_target.cc. The linker takes what is needed.
set(highway_files ${highway_source}/hwy/targets.cc)
foreach(name abort per_target)
  if(EXISTS ${highway_source}/hwy/${name}.cc)
    list(APPEND highway_files ${highway_source}/hwy/${name}.cc)
  endif()
endforeach()
add_library(residual_knn_highway STATIC ${highway_files})
target_include_directories(residual_knn_highway SYSTEM PUBLIC ${highway_source})
target_compile_options(residual_knn_highway PRIVATE -w)
set_target_properties(residual_knn_highway PROPERTIES CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
