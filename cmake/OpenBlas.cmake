# The BLAS under the engine, as the target residual_knn_blas.
#
# By default the static archive of OpenBLAS's pthread flavor is linked in and hidden, so that the host's
# BLAS, its threads and its error handler are never touched. The serial flavor is not used: Debian
# builds it without locks, and concurrent callers get wrong products from it.
set(RESIDUAL_KNN_BLAS "private" CACHE STRING "private: OpenBLAS linked in and hidden; system: the shared library")
set_property(CACHE RESIDUAL_KNN_BLAS PROPERTY STRINGS private system)

add_library(residual_knn_blas INTERFACE)
find_path(OPENBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread openblas-pthread openblas REQUIRED)
if(RESIDUAL_KNN_BLAS STREQUAL "private")
  find_library(OPENBLAS_LIBRARY NAMES libopenblas.a PATH_SUFFIXES openblas-pthread REQUIRED)
elseif(RESIDUAL_KNN_BLAS STREQUAL "system")
  find_library(OPENBLAS_LIBRARY NAMES openblas PATH_SUFFIXES openblas-pthread REQUIRED)
else()
  message(FATAL_ERROR "RESIDUAL_KNN_BLAS is '${RESIDUAL_KNN_BLAS}', must be private or system")
endif()
if(RESIDUAL_KNN_BLAS STREQUAL "private")
  target_compile_definitions(residual_knn_blas INTERFACE RESIDUAL_KNN_PRIVATE_BLAS)
endif()
target_include_directories(residual_knn_blas SYSTEM INTERFACE ${OPENBLAS_INCLUDE_DIR})
target_link_libraries(residual_knn_blas INTERFACE ${OPENBLAS_LIBRARY} Threads::Threads)
