# The rules of `cmake --install`: library, header, command-line program, pkg-config file and CMake package. All paths
# between the installed files are relative, so an installed copy can be moved.
include(CMakePackageConfigHelpers)

set(residual_knn_cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/residual_knn)
set(residual_knn_pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The objects of the engine are inside the shared library and are not exported.
install(TARGETS residual_knn EXPORT residual_knn-targets
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES include/residual_knn.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(RESIDUAL_KNN_HAS_MPI)
  # Beside libresidual_knn, wherever the folder is moved.
  set_target_properties(residual_knn_mpi PROPERTIES INSTALL_RPATH $ORIGIN)
  install(TARGETS residual_knn_mpi EXPORT residual_knn_mpi-targets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(FILES include/residual_knn_mpi.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
  install(EXPORT residual_knn_mpi-targets NAMESPACE residual_knn:: DESTINATION ${residual_knn_cmake_dir})
endif()

install(EXPORT residual_knn-targets NAMESPACE residual_knn:: DESTINATION ${residual_knn_cmake_dir})
configure_package_config_file(cmake/residual_knn-config.cmake.in residual_knn-config.cmake
  INSTALL_DESTINATION ${residual_knn_cmake_dir})
write_basic_package_version_file(residual_knn-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/residual_knn-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/residual_knn-config-version.cmake
  DESTINATION ${residual_knn_cmake_dir})

# The pkg-config file has the prefix relative to itself, unless absolute folders are given.
file(RELATIVE_PATH residual_knn_pc_to_prefix
  ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(kind LIB INCLUDE)
  if(IS_ABSOLUTE ${CMAKE_INSTALL_${kind}DIR})
    set(residual_knn_pc_${kind}dir ${CMAKE_INSTALL_${kind}DIR})
  else()
    set(residual_knn_pc_${kind}dir \${prefix}/${CMAKE_INSTALL_${kind}DIR})
  endif()
endforeach()
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(residual_knn_pc_prefix ${CMAKE_INSTALL_PREFIX})
else()
  string(REGEX REPLACE "/$" "" residual_knn_pc_to_prefix ${residual_knn_pc_to_prefix})
  set(residual_knn_pc_prefix \${pcfiledir}/${residual_knn_pc_to_prefix})
endif()
configure_file(pkgconfig/residual_knn.pc.in residual_knn.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/residual_knn.pc DESTINATION ${residual_knn_pkgconfig_dir})
if(RESIDUAL_KNN_HAS_MPI)
  configure_file(pkgconfig/residual_knn_mpi.pc.in residual_knn_mpi.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/residual_knn_mpi.pc DESTINATION ${residual_knn_pkgconfig_dir})
endif()

if(RESIDUAL_KNN_BUILD_TOOLS)
  file(RELATIVE_PATH residual_knn_bin_to_lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(residual-knn PROPERTIES INSTALL_RPATH $ORIGIN/${residual_knn_bin_to_lib})
  install(TARGETS residual-knn RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(RESIDUAL_KNN_HAS_MPI)
    set_target_properties(residual-knn-mpi PROPERTIES INSTALL_RPATH $ORIGIN/${residual_knn_bin_to_lib})
    install(TARGETS residual-knn-mpi RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
  install(FILES tools/shell/residual-knn.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES tools/shell/residual-knn.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME residual-knn)
  install(FILES tools/shell/_residual-knn DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
endif()
