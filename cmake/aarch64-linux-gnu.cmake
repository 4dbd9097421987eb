# Toolchain of the preset aarch64: cross-builds for aarch64 on Debian, with the packages crossbuild-essential-arm64 and
# qemu-user-static and the libraries of the architecture arm64 (dpkg --add-architecture arm64).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# Runs what has been built: the check of OpenBLAS, and the tests.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
# Only the pkg-config files of arm64.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
