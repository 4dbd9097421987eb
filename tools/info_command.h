// `residual-knn info`: describes this build, its SIMD target and its BLAS, or a saved index.
#pragma once

#include <string>

namespace CLI {
class App;
}  // namespace CLI

namespace residual_knn::cli {

struct InfoOptions {
  std::string index;  // empty: the build
};

// Declares the options. Parsing fills `options`, which must outlive the app.
void AddInfoOptions(CLI::App& command, InfoOptions* options);

// Throws a std::exception whose text is a message for the user.
void RunInfo(const InfoOptions& options);

}  // namespace residual_knn::cli
