# The BLAS of the engine, as the target residual_knn_blas.
#
# By default, the static archive of the pthread flavor of OpenBLAS is linked in and hidden, so that the host's BLAS, its
# threads and its error handler are not affected. The serial flavor is not used, because Debian builds it without locks:
# concurrent callers would get wrong products. Without BLAS, kernels of this library compute the products.
set(RESIDUAL_KNN_BLAS "private" CACHE STRING
    "private: OpenBLAS linked in and hidden; system: the shared library; none: kernels of this library")
set_property(CACHE RESIDUAL_KNN_BLAS PROPERTY STRINGS private system none)

add_library(residual_knn_blas INTERFACE)
if(RESIDUAL_KNN_BLAS STREQUAL "none")
  if(RESIDUAL_KNN_BUILD_BENCH)
    message(FATAL_ERROR "The bench measures products of BLAS: RESIDUAL_KNN_BLAS=none needs RESIDUAL_KNN_BUILD_BENCH=OFF")
  endif()
  target_compile_definitions(residual_knn_blas INTERFACE RESIDUAL_KNN_NO_BLAS)
  return()
endif()
find_path(OPENBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-pthread openblas-pthread openblas REQUIRED)
if(RESIDUAL_KNN_BLAS STREQUAL "private")
  # NAMES includes the folder, because libopenblas.a alone may be any flavor.
  find_library(OPENBLAS_LIBRARY NAMES openblas-pthread/libopenblas.a REQUIRED)
elseif(RESIDUAL_KNN_BLAS STREQUAL "system")
  find_library(OPENBLAS_LIBRARY NAMES openblas PATH_SUFFIXES openblas-pthread REQUIRED)
else()
  message(FATAL_ERROR "RESIDUAL_KNN_BLAS is '${RESIDUAL_KNN_BLAS}', must be private, system or none")
endif()
# openblas_get_parallel() is 1 for pthreads, 0 for the serial flavor and 2 for OpenMP. The thread pool of OpenMP blocks
# forked children.
set(flavor_check ${CMAKE_CURRENT_BINARY_DIR}/openblas_flavor.c)
file(WRITE ${flavor_check} "#include <cblas.h>\nint main(void) { return openblas_get_parallel() == 1 ? 0 : 1; }\n")
try_run(OPENBLAS_FLAVOR_STATUS OPENBLAS_FLAVOR_COMPILED ${CMAKE_CURRENT_BINARY_DIR}/openblas_flavor ${flavor_check}
  CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${OPENBLAS_INCLUDE_DIR}"
  LINK_LIBRARIES ${OPENBLAS_LIBRARY} Threads::Threads m)
if(NOT OPENBLAS_FLAVOR_COMPILED OR NOT OPENBLAS_FLAVOR_STATUS EQUAL 0)
  message(FATAL_ERROR "${OPENBLAS_LIBRARY} is not OpenBLAS's pthread flavor; install libopenblas-pthread-dev")
endif()
if(RESIDUAL_KNN_BLAS STREQUAL "private")
  target_compile_definitions(residual_knn_blas INTERFACE RESIDUAL_KNN_PRIVATE_BLAS)
endif()
target_include_directories(residual_knn_blas SYSTEM INTERFACE ${OPENBLAS_INCLUDE_DIR})
target_link_libraries(residual_knn_blas INTERFACE ${OPENBLAS_LIBRARY} Threads::Threads)
