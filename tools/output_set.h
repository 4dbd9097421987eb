// The output files of one run. All are complete before the first gets its name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tools/output_file.h"
#include "tools/signal_hold.h"

namespace residual_knn::cli {

// Throws, as opening does, if the file certainly cannot be written. Changes nothing.
void CheckWritable(const std::string& path);

class OutputSet {
 public:
  explicit OutputSet(Staging staging = Staging::kAutomatic) : staging_(staging) {}
  OutputSet(const OutputSet&) = delete;
  OutputSet& operator=(const OutputSet&) = delete;

  // The file lives as long as the set.
  OutputFile& Open(const std::string& path, Packing packing = Packing::kNone);

  // Finishes all files, then gives them their names.
  void Publish();

 private:
  Staging staging_;
  // Declared before the files, so that these are removed before a held signal ends the program.
  std::optional<SignalHold> hold_;
  std::vector<std::unique_ptr<OutputFile>> files_;
};

}  // namespace residual_knn::cli
