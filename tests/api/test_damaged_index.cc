// Files that are not what they should be: every truncation and every flip of one bit of a small saved index, other files,
// newer versions, other machines, and files whose checksums are right but whose numbers are not. Each is refused with the
// right error and leaves nothing behind.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/saved_file.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr size_t kMagicBytes = 8;

// A small index with everything that searches make: trees, integers, orders.
CreatedIndex SmallIndex(int64_t n = 24, int64_t m = 16) {
  Random random(7);
  Model model = PlainModel(random, n, m);
  model.points.values[2] = model.points.values[0];  // a repeated point
  model.points.values[3] = model.points.values[1];
  model.nugget = 0.1;
  CreatedIndex created = CreateIndex(model);
  for (const int32_t strategy : {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_BRUTE_FORCE}) {
    for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SCALED_DISTANCE}) {
      Manner manner;
      manner.strategy = strategy;
      manner.ranking = ranking;
      Ask(created.index.get(), AllRows(QueryKind::kNeighbors, n, 3), manner);
      Ask(created.index.get(), AllRows(QueryKind::kPredecessors, n, 3), manner);
    }
  }
  return created;
}

std::string SaveSmall(const TestFolder& folder, int64_t n = 24, int64_t m = 16) {
  std::string path = folder.File("small");
  assert_int_equal(residual_knn_index_save(SmallIndex(n, m).index.get(), path.c_str()),
                   RESIDUAL_KNN_OK);
  return path;
}

bool IsRefused(const std::string& path, residual_knn_status status, const char* phrase,
               const std::string& what) {
  for (const Way way : kAllWays) {
    const CreatedIndex read = ReadIndex(path, way);
    if (read.status != status || read.index != nullptr) {
      return Fail(what + ", " + NameOf(way) + ": status " + std::to_string(read.status) + ", " +
                  residual_knn_last_error());
    }
    if (std::strstr(residual_knn_last_error(), phrase) == nullptr ||
        std::strstr(residual_knn_last_error(), path.c_str()) == nullptr) {
      return Fail(what + ", " + NameOf(way) + ": " + residual_knn_last_error());
    }
  }
  return true;
}

residual_knn_status StatusOfMagic(bool in_magic) {
  return in_magic ? RESIDUAL_KNN_ERROR_NOT_AN_INDEX : RESIDUAL_KNN_ERROR_CORRUPT;
}

void TestEveryBit(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const TestFolder folder;
  const std::string path = SaveSmall(folder);
  const Bytes bytes = ReadBytes(path);
  // With sanitizers, only some of the bits.
  const auto step = static_cast<size_t>(std::max<int64_t>(1, static_cast<int64_t>(1 / run.size)));
  const int file = open(path.c_str(), O_RDWR);
  assert_true(file >= 0);
  size_t flips = 0;
  for (size_t bit = 0; bit < 8 * bytes.size(); bit += step) {
    const size_t at = bit / 8;
    const auto changed = static_cast<unsigned char>(bytes[at] ^ (1U << (bit % 8)));
    assert_int_equal(pwrite(file, &changed, 1, static_cast<off_t>(at)), 1);
    assert_true(IsRefused(path, StatusOfMagic(at < kMagicBytes), "", "bit " + std::to_string(bit)));
    assert_int_equal(pwrite(file, &bytes[at], 1, static_cast<off_t>(at)), 1);
    ++flips;
  }
  close(file);
  std::printf("%zu bytes, %zu sections, %zu bits flipped\n", bytes.size(),
              SectionsOf(const_cast<Bytes&>(bytes)).size(), flips);
  for (const Way way : kAllWays) assert_int_equal(ReadIndex(path, way).status, RESIDUAL_KNN_OK);
}

void TestEveryLength(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const TestFolder folder;
  const std::string path = SaveSmall(folder);
  const Bytes bytes = ReadBytes(path);
  const auto step = static_cast<size_t>(std::max<int64_t>(1, static_cast<int64_t>(1 / run.size)));
  for (size_t length = bytes.size(); length-- > 0;) {
    if (length % step != 0) continue;
    assert_int_equal(truncate(path.c_str(), static_cast<off_t>(length)), 0);
    assert_true(IsRefused(path, StatusOfMagic(length == 0), length == 0 ? "is empty" : "",
                          "length " + std::to_string(length)));
  }
  // Longer.
  for (const size_t more : {size_t{1}, size_t{64}, size_t{100'000}}) {
    Bytes longer = bytes;
    longer.resize(bytes.size() + more);
    WriteBytes(path, longer);
    assert_true(IsRefused(path, RESIDUAL_KNN_ERROR_CORRUPT, "instead of", "longer"));
  }
}

// Bytes that are wrong in larger pieces.
void TestTornFiles(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const TestFolder folder;
  const std::string path = SaveSmall(folder);
  const Bytes bytes = ReadBytes(path);
  Random random(run.seed);
  for (int64_t i = 0; i < run.Scaled(2000); ++i) {
    Bytes torn = bytes;
    const auto begin =
        static_cast<size_t>(random.Integer(0, static_cast<int64_t>(bytes.size()) - 1));
    const size_t end =
        std::min(bytes.size(), begin + static_cast<size_t>(random.LogInteger(1, 5000)));
    const int kind = static_cast<int>(random.Integer(0, 2));
    for (size_t at = begin; at < end; ++at) {
      if (kind == 0) torn[at] = 0;
      if (kind == 1) torn[at] = static_cast<unsigned char>(random.Integer(0, 255));
      if (kind == 2) torn[at] = bytes[(at + 512) % bytes.size()];
    }
    if (torn == bytes) continue;
    WriteBytes(path, torn);
    const bool magic = !std::equal(bytes.begin(), bytes.begin() + kMagicBytes, torn.begin());
    assert_true(IsRefused(path, StatusOfMagic(magic), "", "case " + std::to_string(i)));
  }
}

void TestOtherFiles(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("file");
  const auto refused = [&](const std::string& content) {
    WriteBytes(path, Bytes(content.begin(), content.end()));
    assert_true(IsRefused(path, RESIDUAL_KNN_ERROR_NOT_AN_INDEX, "is not a saved index", content));
  };
  refused("");
  refused("x");
  refused("x,y\n1,2\n");
  refused(std::string("\x93NUMPY\x01\x00", 8) + std::string(1000, ' '));
  refused(std::string(100'000, '\0'));
  refused("\x89PNG\r\n\x1a\n" + std::string(100, 'x'));
  // What a program that converts line ends makes of an index.
  refused("\x89RKNN\n\x1a" + std::string(100, 'x'));
}

// `change` changes bytes; the checksums are made right again.
void RefusedAfter(const Bytes& good, const std::string& path, residual_knn_status status,
                  const char* phrase, const std::function<void(Bytes&)>& change) {
  Bytes bytes = good;
  change(bytes);
  SignAgain(bytes);
  WriteBytes(path, bytes);
  assert_true(IsRefused(path, status, phrase, phrase));
}

void TestVersionsAndMachines(void** /*state*/) {
  const TestFolder folder;
  const std::string path = SaveSmall(folder);
  const Bytes good = ReadBytes(path);
  RefusedAfter(good, path, RESIDUAL_KNN_ERROR_TOO_NEW, "needs a library that reads version 2",
               [](Bytes& bytes) {
                 NumberAt<uint32_t>(bytes, kFormatVersionAt) = 7;
                 NumberAt<uint32_t>(bytes, kLeastReaderAt) = 2;
               });
  RefusedAfter(good, path, RESIDUAL_KNN_ERROR_OTHER_TARGET, "other byte order", [](Bytes& bytes) {
    std::reverse(bytes.begin() + kByteOrderAt, bytes.begin() + kByteOrderAt + 8);
  });
  RefusedAfter(good, path, RESIDUAL_KNN_ERROR_CORRUPT, "header",
               [](Bytes& bytes) { NumberAt<uint64_t>(bytes, kByteOrderAt) = 5; });
  RefusedAfter(good, path, RESIDUAL_KNN_ERROR_OTHER_TARGET, residual_knn_simd_target(),
               [](Bytes& bytes) {
                 std::fill_n(bytes.begin() + kTargetAt, 24, 0);
                 std::memcpy(bytes.data() + kTargetAt, "MMX", 3);
               });
  // A newer writer whose files this version may read, with a part that it does not know.
  Bytes bytes = good;
  NumberAt<uint32_t>(bytes, kFormatVersionAt) = 2;
  SignAgain(bytes);
  WriteBytes(path, bytes);
  for (const Way way : kAllWays) assert_int_equal(ReadIndex(path, way).status, RESIDUAL_KNN_OK);
  bytes = good;
  const size_t table_end = (2 + SectionsOf(bytes).size()) * kUnit;
  Bytes entry(kUnit, 0);
  std::memcpy(entry.data(), "new/part", 8);
  NumberAt<uint32_t>(entry, 36) = 257;
  NumberAt<uint64_t>(entry, 40) = bytes.size();
  NumberAt<uint64_t>(entry, 48) = 5;
  bytes.insert(bytes.end(), {1, 2, 3, 4, 5});
  bytes.resize(bytes.size() + kUnit - 5);
  bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(table_end), entry.begin(), entry.end());
  NumberAt<uint64_t>(bytes, kSectionsAt) += 1;
  NumberAt<uint64_t>(bytes, kFileBytesAt) = bytes.size();
  for (const SavedSection& section : SectionsOf(bytes)) {
    NumberAt<uint64_t>(bytes, section.entry + 40) += kUnit;
  }
  SignAgain(bytes);
  WriteBytes(path, bytes);
  for (const Way way : kAllWays) assert_int_equal(ReadIndex(path, way).status, RESIDUAL_KNN_OK);
  bytes[bytes.size() - kUnit + 2] ^= 4;
  WriteBytes(path, bytes);
  assert_true(IsRefused(path, RESIDUAL_KNN_ERROR_CORRUPT, "new/part", "damaged new part"));
}

// Sizes and offsets of a file with right checksums.
void TestBadTables(void** /*state*/) {
  const TestFolder folder;
  const std::string path = SaveSmall(folder);
  const Bytes good = ReadBytes(path);
  // Made by hand, because SignAgain trusts the table.
  const auto refused = [&](const std::function<void(Bytes&)>& change) {
    Bytes bytes = good;
    const auto table = static_cast<size_t>(NumberAt<uint64_t>(bytes, kSectionsAt) + 1) * kUnit;
    change(bytes);
    NumberAt<uint64_t>(bytes, 40) = ChecksumForTests(bytes.data() + kUnit, table);
    NumberAt<uint64_t>(bytes, 56) = ChecksumForTests(bytes.data(), 56);
    WriteBytes(path, bytes);
    assert_true(IsRefused(path, RESIDUAL_KNN_ERROR_CORRUPT, "", "a bad table"));
  };
  constexpr uint64_t kHuge64[] = {std::numeric_limits<uint64_t>::max(),
                                  uint64_t{1} << 63,
                                  (uint64_t{1} << 58) - 1,
                                  uint64_t{1} << 40,
                                  1,
                                  0,
                                  64};
  for (const uint64_t value : kHuge64) {
    refused([&](Bytes& bytes) { NumberAt<uint64_t>(bytes, kFileBytesAt) = value; });
    refused([&](Bytes& bytes) { NumberAt<uint64_t>(bytes, kSectionsAt) = value; });
    for (const size_t number : {size_t{0}, size_t{1}, size_t{5}}) {
      const size_t at = (2 + number) * kUnit;
      refused([&](Bytes& bytes) { NumberAt<uint64_t>(bytes, at + 40) = value; });
      refused([&](Bytes& bytes) { NumberAt<uint64_t>(bytes, at + 48) = value; });
      refused([&](Bytes& bytes) { NumberAt<uint64_t>(bytes, at + 48) -= 1 + value % 7; });
    }
  }
}

// Every number of every section that addresses memory is changed in turn, with right checksums. The file is refused, or
// the change did no harm: the index answers.
void TestBadNumbers(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  const TestFolder folder;
  const std::string path = SaveSmall(folder, 300, 16);
  Bytes good = ReadBytes(path);
  Random random(run.seed);
  int64_t refused = 0;
  int64_t accepted = 0;
  for (const SavedSection& section : SectionsOf(good)) {
    const bool integers = NumberAt<uint32_t>(good, section.entry + 36) / 256 != 2;
    if (!integers || section.name.find("packed") != std::string::npos ||
        section.name.find("rows16") != std::string::npos) {
      continue;
    }
    const size_t width = NumberAt<uint32_t>(good, section.entry + 36) % 256 == 4 ? 4 : 8;
    const auto count = static_cast<int64_t>(section.size / width);
    for (int64_t i = 0; i < std::min<int64_t>(count, run.Scaled(12)); ++i) {
      const auto at = static_cast<size_t>(count <= 12 ? i : random.Integer(0, count - 1));
      for (const int64_t value :
           {int64_t{-1}, int64_t{1} << 30, int64_t{1} << 62, std::numeric_limits<int64_t>::min(),
            std::numeric_limits<int64_t>::max(), int64_t{299}}) {
        Bytes bytes = good;
        if (width == 4) {
          NumberAt<int32_t>(bytes, section.offset + 4 * at) = static_cast<int32_t>(value);
        } else {
          NumberAt<int64_t>(bytes, section.offset + 8 * at) = value;
        }
        SignAgain(bytes);
        WriteBytes(path, bytes);
        for (const Way way : kAllWays) {
          const CreatedIndex read = ReadIndex(path, way);
          if (read.status != RESIDUAL_KNN_OK) {
            assert_true(read.status == RESIDUAL_KNN_ERROR_CORRUPT ||
                        read.status == RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
            ++refused;
            continue;
          }
          ++accepted;
          if (way != Way::kOpen) continue;
          for (const int32_t strategy : {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_BRUTE_FORCE}) {
            for (const int32_t ranking : {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SCALED_DISTANCE}) {
              Manner manner;
              manner.strategy = strategy;
              manner.ranking = ranking;
              const Answer answer =
                  Ask(read.index.get(), AllRows(QueryKind::kPredecessors, 300, 3), manner);
              assert_false(answer.overrun);
            }
          }
        }
      }
    }
  }
  std::printf("bad numbers: %lld refused, %lld without effect on memory\n",
              static_cast<long long>(refused), static_cast<long long>(accepted));
  assert_true(refused > 0);
}

void TestBadCalls(void** /*state*/) {
  const TestFolder folder;
  const CreatedIndex created = SmallIndex();
  const residual_knn_index* index = created.index.get();
  const std::string path = folder.File("a");
  const auto save = [&](const char* where, residual_knn_status status, const char* phrase) {
    assert_int_equal(residual_knn_index_save(index, where), status);
    if (std::strstr(residual_knn_last_error(), phrase) == nullptr) {
      print_error("%s\n", residual_knn_last_error());
      assert_true(false);
    }
  };
  save(nullptr, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "path is NULL");
  save("", RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "path is empty");
  assert_int_equal(residual_knn_index_save(nullptr, path.c_str()),
                   RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  save(folder.path().c_str(), RESIDUAL_KNN_ERROR_FILE, "Is a directory");
  save((folder.path() + "/").c_str(), RESIDUAL_KNN_ERROR_FILE, "Is a directory");
  save((folder.path() + "/none/a").c_str(), RESIDUAL_KNN_ERROR_FILE, "No such file or directory");
  save((folder.path() + "/none/").c_str(), RESIDUAL_KNN_ERROR_FILE, "Is a directory");
  save("/dev/full", RESIDUAL_KNN_ERROR_FILE, "not a regular file");
  save("/dev/null", RESIDUAL_KNN_ERROR_FILE, "not a regular file");
  save((folder.path() + "/" + std::string(300, 'x')).c_str(), RESIDUAL_KNN_ERROR_FILE,
       "File name too long");
  save(std::string(10'000, '/').append("x").append(10'000, 'y').c_str(), RESIDUAL_KNN_ERROR_FILE,
       "File name too long");
  std::filesystem::create_symlink("none/a", folder.File("dangling"));
  save(folder.File("dangling").c_str(), RESIDUAL_KNN_ERROR_FILE, "No such file or directory");
  std::filesystem::create_symlink("loop", folder.File("loop"));
  save(folder.File("loop").c_str(), RESIDUAL_KNN_ERROR_FILE, "link");
  WriteBytes(folder.File("file"), {1});
  save((folder.File("file") + "/a").c_str(), RESIDUAL_KNN_ERROR_FILE, "Not a directory");
  assert_int_equal(folder.Names().size(), 3);
  assert_int_equal(residual_knn_index_save(index, path.c_str()), RESIDUAL_KNN_OK);

  for (const auto& read : {residual_knn_index_load, residual_knn_index_open}) {
    residual_knn_index* const untouched = reinterpret_cast<residual_knn_index*>(8);
    residual_knn_index* out = untouched;
    residual_knn_load_options options = LoadOptions();
    const auto fails = [&](const char* where, residual_knn_status status, const char* phrase) {
      assert_int_equal(read(where, &options, &out), status);
      if (std::strstr(residual_knn_last_error(), phrase) == nullptr) {
        print_error("%s\n", residual_knn_last_error());
        assert_true(false);
      }
      assert_ptr_equal(out, untouched);
    };
    fails(nullptr, RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "path is NULL");
    fails("", RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "path is empty");
    assert_int_equal(read(path.c_str(), &options, nullptr), RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
    fails(folder.File("none").c_str(), RESIDUAL_KNN_ERROR_FILE, "No such file or directory");
    fails(folder.path().c_str(), RESIDUAL_KNN_ERROR_FILE, "Is a directory");
    fails("/dev/null", RESIDUAL_KNN_ERROR_FILE, "not a regular file");
    assert_int_equal(mkfifo(folder.File("pipe").c_str(), 0600), 0);
    fails(folder.File("pipe").c_str(), RESIDUAL_KNN_ERROR_FILE, "not a regular file");
    unlink(folder.File("pipe").c_str());
    options.reserved = 1;
    fails(path.c_str(), RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "reserved is 1");
    options = LoadOptions();
    options.max_bytes = -1;
    fails(path.c_str(), RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "max_bytes is -1");
    options = LoadOptions();
    options.message_base = 2;
    fails(path.c_str(), RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "message_base is 2");
    options = LoadOptions();
    options.struct_size = 7;
    fails(path.c_str(), RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, "residual_knn_load_options_init");
    residual_knn_index* good = nullptr;
    assert_int_equal(read(path.c_str(), nullptr, &good), RESIDUAL_KNN_OK);
    residual_knn_index_free(good);
  }
}

// Files and folders without permission, as a user without privileges.
void TestPermissions(void** /*state*/) {
  const TestFolder folder;
  const std::string path = SaveSmall(folder);
  const CreatedIndex created = SmallIndex();
  const bool root = geteuid() == 0;
  constexpr uid_t kNobody = 65534;
  assert_int_equal(chmod(folder.path().c_str(), 0555), 0);
  if (root) {
    // Namespaces may lack this user.
    if (seteuid(kNobody) != 0) {
      chmod(folder.path().c_str(), 0755);
      print_message("not checked: refused permissions; the user nobody is absent\n");
      skip();
    }
    const bool reached = faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) == 0;
    assert_int_equal(seteuid(0), 0);
    if (!reached) {
      chmod(folder.path().c_str(), 0755);
      print_message("not checked: the user nobody cannot enter the folder of temporary files\n");
      skip();
    }
  }
  if (root) assert_int_equal(seteuid(kNobody), 0);
  const residual_knn_status into_folder =
      residual_knn_index_save(created.index.get(), folder.File("new").c_str());
  const std::string text = residual_knn_last_error();
  // Reading needs no permission to write.
  const residual_knn_status opened = ReadIndex(path, Way::kOpen).status;
  const residual_knn_status replaced = residual_knn_index_save(created.index.get(), path.c_str());
  if (root) assert_int_equal(seteuid(0), 0);
  chmod(folder.path().c_str(), 0755);
  chmod(path.c_str(), 0);
  if (root) assert_int_equal(seteuid(kNobody), 0);
  const residual_knn_status unreadable = ReadIndex(path, Way::kOpen).status;
  const std::string unreadable_text = residual_knn_last_error();
  if (root) assert_int_equal(seteuid(0), 0);
  chmod(path.c_str(), 0644);
  assert_int_equal(into_folder, RESIDUAL_KNN_ERROR_FILE);
  assert_non_null(std::strstr(text.c_str(), "Permission denied"));
  assert_int_equal(opened, RESIDUAL_KNN_OK);
  assert_int_equal(replaced, RESIDUAL_KNN_ERROR_FILE);
  assert_int_equal(unreadable, RESIDUAL_KNN_ERROR_FILE);
  assert_non_null(std::strstr(unreadable_text.c_str(), "Permission denied"));
  assert_int_equal(folder.Names().size(), 1);
}

// A file that becomes shorter: an index that was loaded does not notice, and one that was opened ends with SIGBUS, as the
// header says, and not with a wrong answer.
void TestTruncatedWhileMapped(void** /*state*/) {
  const TestFolder folder;
  const std::string path = SaveSmall(folder, 3000, 16);
  const Question question = AllRows(QueryKind::kNeighbors, 3000, 3);
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  const CreatedIndex loaded = ReadIndex(path, Way::kLoad);
  const Answer expected = Ask(loaded.index.get(), question, manner);
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGBUS, SIG_DFL);
    const CreatedIndex opened = ReadIndex(path, Way::kOpen);
    if (truncate(path.c_str(), 100) != 0) _exit(2);
    const Answer answer = Ask(opened.index.get(), question, manner);
    _exit(answer.SameAs(expected) ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGBUS);
  assert_true(Ask(loaded.index.get(), question, manner).SameAs(expected));
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestEveryBit, &run),
      cmocka_unit_test_prestate(TestEveryLength, &run),
      cmocka_unit_test_prestate(TestTornFiles, &run),
      cmocka_unit_test(TestOtherFiles),
      cmocka_unit_test(TestVersionsAndMachines),
      cmocka_unit_test(TestBadTables),
      cmocka_unit_test_prestate(TestBadNumbers, &run),
      cmocka_unit_test(TestBadCalls),
      cmocka_unit_test(TestPermissions),
      cmocka_unit_test(TestTruncatedWhileMapped),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
