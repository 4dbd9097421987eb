// Under a limit of the address space every call returns, and says that memory is out; without the limit the same
// calls work again.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr unsigned kWatchdogSeconds = 60;
// So few are searched for in double precision, by BLAS.
constexpr int64_t kQueries = 8;

int64_t AddressSpace() {
  std::ifstream file("/proc/self/statm");
  int64_t pages = 0;
  file >> pages;
  return pages * sysconf(_SC_PAGESIZE);
}

// The limit that holds for this process until the end of the scope.
class AddressSpaceLimit {
 public:
  explicit AddressSpaceLimit(int64_t room) {
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(AddressSpace() + room);
    set_ = setrlimit(RLIMIT_AS, &limit) == 0;
  }
  ~AddressSpaceLimit() { setrlimit(RLIMIT_AS, &before_); }
  AddressSpaceLimit(const AddressSpaceLimit&) = delete;
  AddressSpaceLimit& operator=(const AddressSpaceLimit&) = delete;
  [[nodiscard]] bool set() const { return set_; }

 private:
  rlimit before_ = {};
  bool set_ = false;
};

// Of the process's first products: BLAS has no work buffer yet, and cannot get one.
bool FirstSearchSaysSo() {
  Random random(11);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, 3000, 3);
  model.inducing = RandomRowsOf(random, model.points, 40);
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  Question question;
  question.k = 5;
  for (int64_t i = 0; i < kQueries; ++i) question.rows.push_back(300 * i);
  Manner manner;
  manner.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  residual_knn_status limited = RESIDUAL_KNN_OK;
  {
    const AddressSpaceLimit limit(int64_t{48} << 20);
    if (!limit.set()) return Fail("the limit could not be set");
    limited = Ask(created.index.get(), question, manner).status;
  }
  if (limited != RESIDUAL_KNN_ERROR_OUT_OF_MEMORY) {
    return Fail("under the limit the status was " + std::to_string(limited));
  }
  const Answer answer = Ask(created.index.get(), question, manner);
  return answer.status == RESIDUAL_KNN_OK || Fail(residual_knn_last_error());
}

void TestFirstSearch(void** /*state*/) {
  alarm(kWatchdogSeconds);
  assert_true(FirstSearchSaysSo());
  alarm(0);
}

}  // namespace
}  // namespace residual_knn_test

int main() {
  using namespace residual_knn_test;
  const CMUnitTest tests[] = {cmocka_unit_test(TestFirstSearch)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
