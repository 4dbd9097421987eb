# Whether libresidual_knn_mpi and the program residual-knn-mpi are built, as RESIDUAL_KNN_HAS_MPI.
#
# By default, if this is the top-level project and MPI is installed (Debian: libopenmpi-dev).
set(RESIDUAL_KNN_MPI "AUTO" CACHE STRING "Build libresidual_knn_mpi: ON, OFF, or AUTO: if MPI is installed")
set_property(CACHE RESIDUAL_KNN_MPI PROPERTY STRINGS AUTO ON OFF)

set(RESIDUAL_KNN_HAS_MPI OFF)
if(RESIDUAL_KNN_MPI STREQUAL "AUTO")
  if(NOT PROJECT_IS_TOP_LEVEL OR CMAKE_CROSSCOMPILING OR RESIDUAL_KNN_SANITIZE)
    # Sanitizers report leaks of MPI.
    return()
  endif()
  find_package(MPI COMPONENTS C)
  if(NOT MPI_C_FOUND)
    message(STATUS "MPI is not installed: libresidual_knn_mpi and its tests are not built")
    return()
  endif()
elseif(RESIDUAL_KNN_MPI)
  find_package(MPI REQUIRED COMPONENTS C)
else()
  return()
endif()
set(RESIDUAL_KNN_HAS_MPI ON)
