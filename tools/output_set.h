// The files that one run writes: all are complete before the first gets its name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/output_file.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {

// Throws, as opening would, if the file surely could not be written; leaves everything as it is.
void CheckWritable(const std::string& path);

class OutputSet {
 public:
  explicit OutputSet(Staging staging = Staging::kAutomatic) : staging_(staging) {}
  OutputSet(const OutputSet&) = delete;
  OutputSet& operator=(const OutputSet&) = delete;

  // The file lives as long as the set.
  OutputFile& Open(const std::string& path, Packing packing = Packing::kNone);

  // Finishes all files, then names them.
  void Publish();

 private:
  Staging staging_;
  // Before the files, so that they are removed before a held signal ends the program.
  std::optional<SignalHold> hold_;
  std::vector<std::unique_ptr<OutputFile>> files_;
};

}  // namespace residual_knn::cli
