// An object that LD_PRELOAD loads before residual-knn-mpi. A call of this process on the unfinished files of another
// process fails. RESIDUAL_KNN_TEST_FAILURE names the call: "open" fails as where the folder is not shared, "write" as on
// a full disk.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int kMostDescriptors = 1024;
std::array<std::atomic<bool>, kMostDescriptors> is_shared_file;

bool Fails(const char* call) {
  const char* const wanted = std::getenv("RESIDUAL_KNN_TEST_FAILURE");
  return wanted != nullptr && std::strcmp(wanted, call) == 0;
}

template <class Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// `name` is that of the function; a mode follows in `arguments` if the file may be made.
int Open(const char* name, const char* path, int flags, va_list arguments) {
  const auto mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  constexpr int kOfSharedFile = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
  const bool is_shared = (flags & (kOfSharedFile | O_CREAT)) == kOfSharedFile;
  if (is_shared && Fails("open")) {
    errno = ENOENT;
    return -1;
  }
  const int descriptor = Next<int(const char*, int, ...)>(name)(path, flags, mode);
  if (descriptor >= 0 && descriptor < kMostDescriptors) is_shared_file[descriptor] = is_shared;
  return descriptor;
}

}  // namespace

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int descriptor = Open("open", path, flags, arguments);
  va_end(arguments);
  return descriptor;
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const int descriptor = Open("open64", path, flags, arguments);
  va_end(arguments);
  return descriptor;
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  const bool is_shared =
      descriptor >= 0 && descriptor < kMostDescriptors && is_shared_file[descriptor];
  if (is_shared && Fails("write")) {
    errno = ENOSPC;
    return -1;
  }
  return Next<ssize_t(int, const void*, size_t)>("write")(descriptor, bytes, count);
}

}  // extern "C"
