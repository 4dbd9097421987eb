// Saving that does not end well. This program has its own versions of the system's functions, which the library calls: each
// of them in turn fails, writes only a part, or kills the process. Under the final name there is always the old file or the
// new one, whole, and a call that returns leaves no other file.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sched.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/saved_file.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace {

enum class Mishap {
  kNone,
  kFail,         // with the error number
  kInterrupt,    // once, with EINTR, then the call succeeds
  kWritePart,    // half of the bytes, or less
  kKill,         // before the call
  kKillAfter,    // after the call
  kKillHalfway,  // after half of the bytes
};

// The calls are counted from the first one after Arrange. Only one thread saves.
struct Plan {
  Mishap mishap = Mishap::kNone;
  int error_number = 0;
  int64_t victim = -1;  // -1: every call
  int64_t calls = 0;
};
Plan plan;
bool armed = false;

bool IsVictim() {
  if (!armed) return false;
  const int64_t number = plan.calls++;
  return plan.mishap != Mishap::kNone && (plan.victim < 0 || plan.victim == number);
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  _exit(99);
}

// Runs a system call with the mishap that is planned for it. `part` is the call with half of its work, or the call.
template <class Call, class Part>
long WithMishap(const Call& call, const Part& part) {
  if (!IsVictim()) return call();
  switch (plan.mishap) {
    case Mishap::kNone:
      break;
    case Mishap::kFail:
      errno = plan.error_number;
      return -1;
    case Mishap::kInterrupt:
      errno = EINTR;
      return -1;
    case Mishap::kWritePart:
      return part();
    case Mishap::kKill:
      Die();
    case Mishap::kKillAfter:
      call();
      Die();
    case Mishap::kKillHalfway:
      part();
      Die();
  }
  return call();
}

template <class Call>
long WithMishap(const Call& call) {
  return WithMishap(call, call);
}

ssize_t Pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return WithMishap(
      [&] { return syscall(SYS_pwrite64, file, bytes, size, offset); },
      [&] { return syscall(SYS_pwrite64, file, bytes, std::max<size_t>(size / 2, 1), offset); });
}

int Open(const char* path, int flags, mode_t mode) {
  const auto call = [&] { return syscall(SYS_openat, AT_FDCWD, path, flags, mode); };
  // Only what saving opens for writing.
  return static_cast<int>((flags & O_CREAT) != 0 ? WithMishap(call) : call());
}

}  // namespace

extern "C" {
ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  return Pwrite(file, bytes, size, offset);
}
ssize_t pwrite64(int file, const void* bytes, size_t size, off_t offset) {
  return Pwrite(file, bytes, size, offset);
}
int fsync(int file) {
  return static_cast<int>(WithMishap([&] { return syscall(SYS_fsync, file); }));
}
int sync_file_range(int file, off64_t offset, off64_t size, unsigned flags) {
  return static_cast<int>(
      WithMishap([&] { return syscall(SYS_sync_file_range, file, offset, size, flags); }));
}
int rename(const char* from, const char* to) {
  return static_cast<int>(
      WithMishap([&] { return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0); }));
}
int fallocate(int file, int mode, off_t offset, off_t size) {
  return static_cast<int>(
      WithMishap([&] { return syscall(SYS_fallocate, file, mode, offset, size); }));
}
int fallocate64(int file, int mode, off_t offset, off_t size) {
  return fallocate(file, mode, offset, size);
}
int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(path, flags, mode);
}
}

namespace residual_knn_test {
namespace {

CreatedIndex SomeIndex(uint64_t seed, int64_t n = 60) {
  Random random(seed);
  return CreateIndex(PlainModel(random, n, 4));
}

residual_knn_status SaveWith(const residual_knn_index* index, const std::string& path,
                             Mishap mishap, int64_t victim, int error_number = 0) {
  plan = {mishap, error_number, victim, 0};
  armed = true;
  const residual_knn_status status = residual_knn_index_save(index, path.c_str());
  armed = false;
  return status;
}

// Two indexes and their bytes; the file of the old one is at path().
struct Files {
  TestFolder folder;
  CreatedIndex old_index = SomeIndex(1);
  CreatedIndex new_index = SomeIndex(2);
  Bytes old_bytes = BytesOf(old_index);
  Bytes new_bytes = BytesOf(new_index);
  int64_t calls = 0;  // of a save without mishap

  Files() {
    assert_int_equal(SaveWith(old_index.index.get(), path(), Mishap::kNone, -1), RESIDUAL_KNN_OK);
    calls = plan.calls;
    assert_true(calls > 20);
  }
  [[nodiscard]] std::string path() const { return folder.File("index"); }
  Bytes BytesOf(const CreatedIndex& created) {
    assert_int_equal(residual_knn_index_save(created.index.get(), folder.File("x").c_str()),
                     RESIDUAL_KNN_OK);
    Bytes bytes = ReadBytes(folder.File("x"));
    unlink(folder.File("x").c_str());
    return bytes;
  }
};

// A large file reaches the disk piece by piece, and an error of that is not lost.
void TestLargeFile(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("large");
  const CreatedIndex index = SomeIndex(3, 350'000);
  assert_int_equal(SaveWith(index.index.get(), path, Mishap::kNone, -1), RESIDUAL_KNN_OK);
  assert_true(std::filesystem::file_size(path) > 24 << 20);
  std::filesystem::remove(path);
  const int64_t calls = plan.calls;
  for (int64_t call = 0; call + 1 < calls; ++call) {
    const residual_knn_status status = SaveWith(index.index.get(), path, Mishap::kFail, call, EIO);
    // Only room need not be reserved.
    assert_int_equal(status, call == 1 ? RESIDUAL_KNN_OK : RESIDUAL_KNN_ERROR_FILE);
    if (call == 1) std::filesystem::remove(path);
    assert_true(folder.Names().empty());
  }
}

void TestEveryCallFails(void** /*state*/) {
  Files files;
  for (const int error_number : {ENOSPC, EIO, EDQUOT, EROFS, EFBIG}) {
    int64_t failed = 0;
    for (int64_t call = 0; call < files.calls; ++call) {
      const residual_knn_status status =
          SaveWith(files.new_index.index.get(), files.path(), Mishap::kFail, call, error_number);
      const Bytes bytes = ReadBytes(files.path());
      assert_int_equal(files.folder.Names().size(), 1);
      if (status == RESIDUAL_KNN_OK) {
        // Room need not be reserved, and a folder need not be synced, if the file system cannot do that.
        assert_true(bytes == files.new_bytes);
      } else {
        ++failed;
        assert_int_equal(status, RESIDUAL_KNN_ERROR_FILE);
        assert_non_null(std::strstr(residual_knn_last_error(), std::strerror(error_number)));
        assert_non_null(std::strstr(residual_knn_last_error(), files.path().c_str()));
        // Only the sync of the folder comes after the file has its name.
        assert_true(bytes == (call == files.calls - 1 ? files.new_bytes : files.old_bytes));
      }
      WriteBytes(files.path(), files.old_bytes);
    }
    assert_true(failed >= files.calls - 2);
  }
  assert_int_equal(SaveWith(files.new_index.index.get(), files.path(), Mishap::kNone, -1),
                   RESIDUAL_KNN_OK);
  assert_true(ReadBytes(files.path()) == files.new_bytes);
}

// Signals interrupt calls, and the system writes less than it is asked to.
void TestInterruptions(void** /*state*/) {
  Files files;
  for (int64_t call = 0; call < files.calls; ++call) {
    const residual_knn_status status =
        SaveWith(files.new_index.index.get(), files.path(), Mishap::kInterrupt, call);
    // rename is not interrupted by signals.
    assert_true(status == RESIDUAL_KNN_OK || status == RESIDUAL_KNN_ERROR_FILE);
    if (status == RESIDUAL_KNN_OK) {
      assert_true(ReadBytes(files.path()) == files.new_bytes);
    } else {
      assert_int_equal(call, files.calls - 2);
    }
    WriteBytes(files.path(), files.old_bytes);
    assert_int_equal(SaveWith(files.new_index.index.get(), files.path(), Mishap::kWritePart, call),
                     RESIDUAL_KNN_OK);
    assert_true(ReadBytes(files.path()) == files.new_bytes);
    WriteBytes(files.path(), files.old_bytes);
  }
  assert_int_equal(SaveWith(files.new_index.index.get(), files.path(), Mishap::kWritePart, -1),
                   RESIDUAL_KNN_OK);
  assert_true(ReadBytes(files.path()) == files.new_bytes);
  assert_int_equal(files.folder.Names().size(), 1);
}

int StatusOf(const std::function<int()>& child_work) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) _exit(child_work());
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

void TestKilledAtEveryCall(void** /*state*/) {
  Files files;
  int64_t old_files = 0;
  int64_t new_files = 0;
  for (const Mishap mishap : {Mishap::kKill, Mishap::kKillHalfway, Mishap::kKillAfter}) {
    for (int64_t call = 0; call < files.calls; ++call) {
      const int status = StatusOf([&] {
        return SaveWith(files.new_index.index.get(), files.path(), mishap, call) == RESIDUAL_KNN_OK
                   ? 0
                   : 1;
      });
      assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
      const Bytes bytes = ReadBytes(files.path());
      assert_true(bytes == files.old_bytes || bytes == files.new_bytes);
      ++(bytes == files.old_bytes ? old_files : new_files);
      assert_int_equal(ReadIndex(files.path(), Way::kLoad).status, RESIDUAL_KNN_OK);
      // What is left has another name, and is no hindrance.
      for (const std::string& name : files.folder.Names()) {
        if (name == "index") continue;
        assert_non_null(std::strstr(name.c_str(), "index.tmp-"));
        unlink(files.folder.File(name).c_str());
      }
      WriteBytes(files.path(), files.old_bytes);
    }
  }
  std::printf("killed %lld times: %lld old files, %lld new files\n",
              static_cast<long long>(old_files + new_files), static_cast<long long>(old_files),
              static_cast<long long>(new_files));
  assert_true(old_files > 0 && new_files > 0);
}

// Files that a killed process with the same number has left.
void TestLeftNames(void** /*state*/) {
  Files files;
  const std::string stem = files.path() + ".tmp-" + std::to_string(getpid()) + "-";
  for (int i = 0; i < 100; ++i) WriteBytes(stem + std::to_string(i), {1});
  assert_int_equal(residual_knn_index_save(files.new_index.index.get(), files.path().c_str()),
                   RESIDUAL_KNN_OK);
  assert_true(ReadBytes(files.path()) == files.new_bytes);
  assert_int_equal(files.folder.Names().size(), 101);
}

// A file that is replaced passes its permissions on, whatever the umask is. A new file has those that the umask leaves.
void TestPermissionsStay(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("a.rknn");
  const CreatedIndex created = SomeIndex(3);
  const auto saved_mode = [&] {
    assert_int_equal(residual_knn_index_save(created.index.get(), path.c_str()), RESIDUAL_KNN_OK);
    struct stat status {};
    assert_int_equal(stat(path.c_str(), &status), 0);
    return static_cast<int>(status.st_mode & 0777);
  };
  const mode_t before = umask(027);
  assert_int_equal(saved_mode(), 0640);
  for (const int mode : {0600, 0664, 0444, 0644}) {
    assert_int_equal(chmod(path.c_str(), static_cast<mode_t>(mode)), 0);
    assert_int_equal(saved_mode(), mode);
  }
  umask(before);
}

void TestLimitOfFileSize(void** /*state*/) {
  Files files;
  for (const rlim_t limit : {rlim_t{0}, rlim_t{100}, rlim_t{5000}}) {
    const int status = StatusOf([&] {
      signal(SIGXFSZ, SIG_IGN);
      const rlimit least{limit, limit};
      if (setrlimit(RLIMIT_FSIZE, &least) != 0) return 2;
      const residual_knn_status saved =
          residual_knn_index_save(files.new_index.index.get(), files.path().c_str());
      return saved == RESIDUAL_KNN_ERROR_FILE &&
                     std::strstr(residual_knn_last_error(), "File too large") != nullptr
                 ? 0
                 : 1;
    });
    assert_int_equal(status, 0);
    assert_true(ReadBytes(files.path()) == files.old_bytes);
    assert_int_equal(files.folder.Names().size(), 1);
  }
}

// A file system with a few pages of room, in a space of its own.
void TestFullDisk(void** /*state*/) {
  Files files;
  const CreatedIndex large = SomeIndex(3, 5000);
  const std::string disk = files.folder.File("disk");
  std::filesystem::create_directory(disk);
  const int status = StatusOf([&] {
    if (unshare(CLONE_NEWNS) != 0) return 77;
    // Fails in a chroot; then others may see the file system until it is unmounted.
    mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=64k") != 0) return 77;
    const std::string path = disk + "/index";
    const residual_knn_status saved = residual_knn_index_save(large.index.get(), path.c_str());
    const bool is_empty = std::filesystem::is_empty(disk);
    umount2(disk.c_str(), MNT_DETACH);
    if (saved != RESIDUAL_KNN_ERROR_FILE ||
        std::strstr(residual_knn_last_error(), "No space left on device") == nullptr) {
      return 1;
    }
    return is_empty ? 0 : 2;
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
    print_message("not checked: a full disk; the right to mount a small one is absent\n");
    skip();
  }
  assert_int_equal(status, 0);
}

// Two processes save to one path again and again, and a third one reads.
void TestTwoWriters(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  Files files;
  const int64_t rounds = run.Scaled(300);
  std::vector<pid_t> writers;
  for (const CreatedIndex* created : {&files.old_index, &files.new_index}) {
    const pid_t child = fork();
    if (child == 0) {
      for (int64_t i = 0; i < rounds; ++i) {
        if (residual_knn_index_save(created->index.get(), files.path().c_str()) !=
            RESIDUAL_KNN_OK) {
          _exit(1);
        }
      }
      _exit(0);
    }
    writers.push_back(child);
  }
  int64_t reads = 0;
  while (!writers.empty()) {
    const Bytes bytes = ReadBytes(files.path());
    assert_true(bytes == files.old_bytes || bytes == files.new_bytes);
    assert_int_equal(ReadIndex(files.path(), reads % 2 == 0 ? Way::kLoad : Way::kOpen).status,
                     RESIDUAL_KNN_OK);
    ++reads;
    int status = 0;
    const pid_t ended = waitpid(-1, &status, WNOHANG);
    if (ended <= 0) continue;
    assert_int_equal(status, 0);
    writers.erase(std::remove(writers.begin(), writers.end(), ended), writers.end());
  }
  std::printf("read %lld times\n", static_cast<long long>(reads));
  assert_int_equal(files.folder.Names().size(), 1);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test(TestEveryCallFails),
      cmocka_unit_test(TestLargeFile),
      cmocka_unit_test(TestInterruptions),
      cmocka_unit_test(TestKilledAtEveryCall),
      cmocka_unit_test(TestLeftNames),
      cmocka_unit_test(TestPermissionsStay),
      cmocka_unit_test(TestLimitOfFileSize),
      cmocka_unit_test(TestFullDisk),
      cmocka_unit_test_prestate(TestTwoWriters, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
