#include "tools/output_set.h"

#include <sys/stat.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace residual_knn::cli {

void CheckWritable(const std::string& path) {
  // Opening a pipe has side effects, so pipes are opened only when there is output.
  if (!IsStaged(path)) return;
  // The name is given when the file is complete. One that is too long, for example, is told before.
  struct stat status {};
  if (lstat(path.c_str(), &status) != 0 && errno != ENOENT) {
    throw std::runtime_error(path +
                             ": cannot be written: " + std::generic_category().message(errno));
  }
  const SignalHold hold;
  const OutputFile probe(path, Staging::kAutomatic);
}

OutputFile& OutputSet::Open(const std::string& path, Packing packing) {
  return OpenWith(staging_, path, packing);
}

OutputFile& OutputSet::OpenKept(const std::string& path) {
  return OpenWith(Staging::kKept, path, Packing::kNone);
}

OutputFile& OutputSet::OpenShared(const std::string& path) {
  return OpenWith(Staging::kNamed, path, Packing::kNone);
}

void OutputSet::EndBySignal() {
  if (!SignalWaits()) return;
  for (const auto& file : files_) file->Discard();
  hold_.reset();
}

OutputFile& OutputSet::OpenWith(Staging staging, const std::string& path, Packing packing) {
  // Signals are held from before the file exists. Pipes are excluded, because they may wait long for a reader.
  const bool held_for_earlier = hold_.has_value();
  if (!held_for_earlier && IsStaged(path)) hold_.emplace();
  files_.push_back(std::make_unique<OutputFile>(path, staging, packing));
  OutputFile& file = *files_.back();
  if (!held_for_earlier && !file.HasTemporaryName()) hold_.reset();
  if (hold_) file.Heed(&*hold_);
  return file;
}

void OutputSet::Finish() {
  for (const auto& file : files_) file->Finish();
  finished_ = true;
}

void OutputSet::Publish() {
  if (!finished_) Finish();
  if (!hold_) hold_.emplace();
  for (const auto& file : files_) file->Publish();
}

void OutputSet::RemoveTemporaryNames() const {
  for (const auto& file : files_) file->RemoveTemporaryName();
}

}  // namespace residual_knn::cli
