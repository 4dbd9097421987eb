# Toolchain of the preset aarch64: cross-builds for aarch64 on Debian, with the packages g++-aarch64-linux-gnu and
# qemu-user-static. The libraries of the architecture arm64 are in RESIDUAL_KNN_AARCH64_ROOT, a folder like the root of a
# system (scripts/check-aarch64 makes it), or, if that is empty, on this system (dpkg --add-architecture arm64).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES RESIDUAL_KNN_AARCH64_ROOT)
# Runs what has been built: the check of OpenBLAS, and the tests.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
if(RESIDUAL_KNN_AARCH64_ROOT)
  set(CMAKE_SYSROOT ${RESIDUAL_KNN_AARCH64_ROOT})
  list(APPEND CMAKE_CROSSCOMPILING_EMULATOR -L ${RESIDUAL_KNN_AARCH64_ROOT})
  set(ENV{PKG_CONFIG_SYSROOT_DIR} ${RESIDUAL_KNN_AARCH64_ROOT})
  set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
  set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
  set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
  set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
endif()
# Only the pkg-config files of arm64.
set(ENV{PKG_CONFIG_LIBDIR}
  ${RESIDUAL_KNN_AARCH64_ROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${RESIDUAL_KNN_AARCH64_ROOT}/usr/share/pkgconfig)
