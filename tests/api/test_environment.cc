// No environment variable changes an answer. The program runs itself with each setting, and compares checksums of V, p,
// neighbors and distances.
//
//   test_environment           the test
//   test_environment --print   prints the checksum for its environment
#include <locale.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

// FNV-1a.
uint64_t SumOf(const void* data, size_t bytes, uint64_t sum) {
  const auto* byte = static_cast<const unsigned char*>(data);
  for (size_t i = 0; i < bytes; ++i) sum = (sum ^ byte[i]) * 0x100000001b3ULL;
  return sum;
}

template <class T>
uint64_t SumOf(const std::vector<T>& values, uint64_t sum) {
  return SumOf(values.data(), values.size() * sizeof(T), sum);
}

bool PrintSum() {
  setlocale(LC_ALL, "");  // as localized hosts do
  Random random(1);
  Model model;
  model.kernel.lengthscales = {0.3};
  model.points = RandomPoints(random, Shape::kUniform, 600, 2);
  model.inducing = RandomRowsOf(random, model.points, 150);
  const CreatedIndex created = CreateIndex(model, RESIDUAL_KNN_POINT_MAJOR, 0);
  if (created.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  const FactorCopy factor = FactorOf(created.index.get());
  Question question;
  question.all_rows = true;
  question.rows.resize(600);
  for (int64_t i = 0; i < 600; ++i) question.rows[i] = i;
  question.k = 10;
  const Answer answer = Ask(created.index.get(), question);
  if (answer.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
  uint64_t sum = SumOf(factor.v, 0xcbf29ce484222325ULL);
  sum = SumOf(factor.p, sum);
  sum = SumOf(answer.neighbors, sum);
  std::printf("%016llx\n", static_cast<unsigned long long>(SumOf(answer.distances, sum)));
  return true;
}

// The output of the program with a setting such as "NAME=value".
std::string OutputUnder(const std::string& setting) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command = "env '" + setting + "' '" + self + "' --print";
  std::string output;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char line[64];
  while (std::fgets(line, sizeof line, pipe) != nullptr) output += line;
  pclose(pipe);
  return output;
}

bool SettingHolds(const std::string& setting) {
  const std::string plain = OutputUnder("LC_ALL=C");
  if (plain.size() != 17) return Fail("the program printed '" + plain + "'");
  const std::string other = OutputUnder(setting);
  return other == plain || Fail(setting + ": " + other + "instead of " + plain);
}

bool SettingsHold() {
  for (const char* setting :
       {"OPENBLAS_CORETYPE=Haswell", "OPENBLAS_CORETYPE=Prescott", "OPENBLAS_NUM_THREADS=3",
        "OMP_NUM_THREADS=1", "OPENBLAS_BLOCK_FACTOR=50"}) {
    if (!SettingHolds(setting)) return false;
  }
  return true;
}

// An installed locale with a decimal comma, or nullptr.
const char* LocaleWithComma() {
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "es_ES.UTF-8", "pt_BR.UTF-8"}) {
    const locale_t found = newlocale(LC_ALL_MASK, name, nullptr);
    if (found == nullptr) continue;
    freelocale(found);
    return name;
  }
  return nullptr;
}

void TestSettings(void**) { assert_true(SettingsHold()); }
void TestLocale(void**) {
  const char* const name = LocaleWithComma();
  if (name == nullptr) {
    print_message("not checked: no locale with a decimal comma is installed\n");
    skip();
  }
  assert_true(SettingHolds(std::string("LC_ALL=") + name));
}

}  // namespace
}  // namespace residual_knn_test

#ifdef __SANITIZE_ADDRESS__
// The C library keeps the names of the locales that newlocale does not find.
extern "C" const char* __lsan_default_suppressions() { return "leak:argz_add_sep\n"; }
#endif

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  if (argc == 2 && std::strcmp(argv[1], "--print") == 0) return PrintSum() ? 0 : 1;
  const CMUnitTest tests[] = {cmocka_unit_test(TestSettings), cmocka_unit_test(TestLocale)};
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
