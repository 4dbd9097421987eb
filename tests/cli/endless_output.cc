// For output_test.py: writes two files with tools/output_set.h until a signal comes. With `publish`, it finishes them.
//
// endless_output named|automatic FILE FILE [publish]

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include "tools/output_set.h"

namespace {

using residual_knn::cli::OutputFile;
using residual_knn::cli::OutputSet;
using residual_knn::cli::Staging;

void Run(Staging staging, const char* first_path, const char* second_path, bool publish) {
  OutputSet outputs(staging);
  OutputFile& first = outputs.Open(first_path);
  OutputFile& second = outputs.Open(second_path);
  const std::string_view piece = "0123456789abcdef";
  for (int i = 0; i < 4; ++i) {
    first.Write(piece);
    second.Write(piece);
  }
  if (publish) {
    outputs.Publish();
    return;
  }
  std::puts("writing");
  std::fflush(stdout);
  // A block is larger than the buffer of a file, so that each block reaches the disk.
  const std::string block(size_t{1} << 20, 'x');
  constexpr int kBlocks = 200;
  for (int i = 0; i < kBlocks; ++i) {
    first.Write(block);
    second.Write(block);
    usleep(50000);
  }
  throw std::runtime_error("no signal came");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  try {
    const Staging staging =
        std::string_view(argv[1]) == "named" ? Staging::kNamed : Staging::kAutomatic;
    Run(staging, argv[2], argv[3], argc > 4);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
