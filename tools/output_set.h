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

  // True if an unfinished file has a name and a signal waits to end the program.
  [[nodiscard]] bool SignalWaits() const { return hold_ && SignalHold::SignalWaits(); }

  // The same for a file that is not compressed and that a later run can continue.
  OutputFile& OpenKept(const std::string& path);

  // The same for a file that is not compressed and into which other processes write.
  OutputFile& OpenShared(const std::string& path);

  // If SignalWaits: removes the unfinished files, and ends the program by the signal. For places that cannot throw.
  void EndBySignal();

  // Writes all files to the disk.
  void Finish();

  // Finishes, unless that was done, and gives all files their names.
  void Publish();

  // Removes the names of unfinished files, because a signal ends the program. Another thread may call this unless files are
  // opened or published meanwhile.
  void RemoveTemporaryNames() const;

 private:
  OutputFile& OpenWith(Staging staging, const std::string& path, Packing packing);

  Staging staging_;
  // Declared before the files, so that these are removed before a held signal ends the program.
  std::optional<SignalHold> hold_;
  std::vector<std::unique_ptr<OutputFile>> files_;
  bool finished_ = false;
};

}  // namespace residual_knn::cli
