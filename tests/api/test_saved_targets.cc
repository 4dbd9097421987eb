// Which SIMD targets read each other's saved indexes. Each target of this machine writes a file, in a program of its own
// that is made to use the target (support/forced_target.cc). Targets that read each other have written the same bytes. The
// others refuse the file: their V may be the same, but their answers are not, because the sums of products have another
// order.
//
//   test_saved_targets OBJECT PROGRAM    the object of forced_target.cc, and test_saved_index
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "hwy/targets.h"
#include "support/api_objects.h"
#include "support/saved_file.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

struct Paths {
  std::string object;
  std::string program;
};

struct Written {
  std::string target;
  std::string path;
  Bytes bytes;
};

std::string GroupOf(const std::string& target) {
  if (target.rfind("AVX3", 0) == 0) return "AVX3";
  if (target.rfind("SSE", 0) == 0 || target == "SSSE3") return "SSE";
  return target;
}

std::vector<Written> WriteWithEachTarget(const Paths& paths, const TestFolder& folder) {
  std::vector<Written> files;
  for (const int64_t target : hwy::SupportedAndGeneratedTargets()) {
    const std::string name = hwy::TargetName(target);
    const std::string command = "RESIDUAL_KNN_TEST_TARGET=" + name + " LD_PRELOAD='" +
                                paths.object + "' '" + paths.program + "' --write-golden '" +
                                folder.path() + "' > /dev/null";
    assert_int_equal(std::system(command.c_str()), 0);
    const std::string path = folder.File("format1-" + name + ".rknn");
    files.push_back({name, path, ReadBytes(path)});
  }
  return files;
}

// Whether the sections that both files have, and that do not depend on which integers a processor likes, are the same.
bool HaveSameNumbers(Written& a, Written& b) {
  for (const SavedSection& section : SectionsOf(a.bytes)) {
    if (section.name.rfind("scan/v", 0) == 0) continue;
    const SavedSection other = SectionOf(b.bytes, section.name);
    if (section.size != other.size ||
        std::memcmp(a.bytes.data() + section.offset, b.bytes.data() + other.offset, section.size) !=
            0) {
      return false;
    }
  }
  return true;
}

void TestGroups(void** state) {
  const Paths& paths = *static_cast<const Paths*>(*state);
  const TestFolder folder;
  std::vector<Written> files = WriteWithEachTarget(paths, folder);
  int same = 0;
  int different = 0;
  for (Written& a : files) {
    for (Written& b : files) {
      if (a.target == b.target) continue;
      const bool one_group = GroupOf(a.target) == GroupOf(b.target);
      if (one_group && !HaveSameNumbers(a, b)) {
        print_error("%s and %s wrote different numbers\n", a.target.c_str(), b.target.c_str());
        assert_true(false);
      }
      ++(one_group ? same : different);
    }
    for (const Way way : kAllWays) {
      assert_int_equal(ReadIndex(a.path, way).status,
                       GroupOf(a.target) == GroupOf(residual_knn_simd_target())
                           ? RESIDUAL_KNN_OK
                           : RESIDUAL_KNN_ERROR_OTHER_TARGET);
    }
  }
  std::printf("%zu targets: %d pairs of one group, %d of two\n", files.size(), same, different);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  if (argc != 3) return 2;
  Paths paths{argv[1], argv[2]};
  const CMUnitTest tests[] = {cmocka_unit_test_prestate(TestGroups, &paths)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
