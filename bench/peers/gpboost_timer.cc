// Times the search for residual neighbors inside GPBoost 1.8.0, which has no public function for it. This library is
// loaded before the package (LD_PRELOAD) and replaces two functions of lib_gpboost.so:
//
// * The search: the original is called and timed, its answer is written to a file, and the process ends.
// * The choice of inducing points: the points of a file are used instead, so that all candidates search the same model.
//
// Environment: PEERS_GPBOOST the path of lib_gpboost.so; PEERS_INDUCING the inducing points, float64, m x d stored by
// columns; PEERS_ANSWER the file to write: seconds (float64), n and k (int64), n x k row numbers (int32, -1: none).
//
// The mangled names are those of the Linux wheel for x86-64 of version 1.8.0.
//
// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

// The layout of Eigen::MatrixXd in memory. In the unnamed namespace it would keep Search from being exported.
struct Matrix {
  double* data;
  int64_t rows;
  int64_t columns;
};

namespace {

[[noreturn]] void Fail(const char* what, const char* detail) {
  std::fprintf(stderr, "gpboost_timer: %s: %s\n", what, detail);
  std::_Exit(1);
}

const char* Setting(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) Fail("environment variable is not set", name);
  return value;
}

// The function of GPBoost that `function` of this library replaces, under the same name.
template <typename Function>
Function* Hidden(Function* function) {
  void* const library = dlopen(Setting("PEERS_GPBOOST"), RTLD_NOLOAD | RTLD_LAZY);
  if (library == nullptr) Fail("GPBoost is not loaded", dlerror());
  Dl_info own;
  if (dladdr(reinterpret_cast<void*>(function), &own) == 0 || own.dli_sname == nullptr) {
    Fail("cannot find the name of a function of", "this library");
  }
  void* const hidden = dlsym(library, own.dli_sname);
  if (hidden == nullptr) Fail("GPBoost has no function", own.dli_sname);
  return reinterpret_cast<Function*>(hidden);
}

class File {
 public:
  File(const char* path, const char* mode) : path_(path), file_(std::fopen(path, mode)) {
    if (file_ == nullptr) Fail("cannot open", path);
  }
  void Write(const void* values, size_t size, size_t count) {
    if (std::fwrite(values, size, count, file_) != count) Fail("cannot write", path_);
  }
  void Read(void* values, size_t size, size_t count) {
    if (std::fread(values, size, count, file_) != count) Fail("cannot read", path_);
  }
  void Close() {
    if (std::fclose(file_) != 0) Fail("cannot close", path_);
  }

 private:
  const char* path_;
  std::FILE* file_;
};

}  // namespace

using Rows = std::vector<std::vector<int>>;

using SearchFunction = void(const Matrix&, int, int, const void*, const std::string&, void*, Rows&,
                            void*, void*, int, int, bool&, bool, bool, bool, const int&, bool);
using ChoiceFunction = void(const Matrix&, int, void*, Matrix&, int, bool);

SearchFunction Search __asm__(
    "_ZN7GPBoost39find_nearest_neighbors_Vecchia_FSA_fastERKN5Eigen6MatrixIdLin1ELin1ELi0"
    "ELin1ELin1EEEiiRKNS_16ColumnBlocksViewERKNSt7__cxx1112basic_stringIcSt11char_traitsI"
    "cESaIcEEERSt6vectorISt10shared_ptrINS_8RECompGPIS2_EEESaISK_EERSG_ISG_IiSaIiEESaISP_"
    "EERSG_IS2_SaIS2_EESV_iiRbbbbRKib");

ChoiceFunction ChooseInducing __asm__(
    "_ZN7GPBoost15kmeans_plusplusERKN5Eigen6MatrixIdLin1ELin1ELi0ELin1ELin1EEEiRSt23merse"
    "nne_twister_engineImLm32ELm624ELm397ELm31ELm2567483615ELm11ELm4294967295ELm7ELm26369"
    "28640ELm15ELm4022730752ELm18ELm1812433253EERS2_ib");

void Search(const Matrix& points, int n, int k, const void* v, const std::string& distance,
            void* components, Rows& neighbors, void* distances, void* distances_between, int start,
            int end, bool& duplicates, bool save_distances, bool prediction, bool among_all,
            const int& observed, bool gpu) {
  const auto hidden = Hidden(&Search);
  const auto before = std::chrono::steady_clock::now();
  hidden(points, n, k, v, distance, components, neighbors, distances, distances_between, start, end,
         duplicates, save_distances, prediction, among_all, observed, gpu);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - before;

  File file(Setting("PEERS_ANSWER"), "wb");
  const double count = seconds.count();
  const int64_t shape[2] = {static_cast<int64_t>(neighbors.size()), k};
  file.Write(&count, sizeof count, 1);
  file.Write(shape, sizeof *shape, 2);
  for (const std::vector<int>& row : neighbors) {
    std::vector<int32_t> padded(static_cast<size_t>(k), -1);
    for (size_t j = 0; j < row.size() && j < padded.size(); ++j) padded[j] = row[j];
    file.Write(padded.data(), sizeof(int32_t), padded.size());
  }
  file.Close();
  _exit(0);  // The likelihood itself is not needed.
}

// GPBoost chooses inducing points once at the start, and moves them whenever lengthscales change. This function sets
// them at the start, and does not move them.
void ChooseInducing(const Matrix& points, int m, void* generator, Matrix& inducing, int iterations,
                    bool started) {
  (void)points;
  (void)generator;
  (void)iterations;
  if (started) return;
  if (inducing.rows != m) Fail("unexpected shape", "of inducing points");
  File file(Setting("PEERS_INDUCING"), "rb");
  file.Read(inducing.data, sizeof(double), static_cast<size_t>(inducing.rows * inducing.columns));
  file.Close();
}
