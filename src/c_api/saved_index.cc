// Saving, loading and opening an index.
#include <algorithm>
#include <bit>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "base/utf8.h"
#include "c_api/arguments.h"
#include "c_api/caller_struct.h"
#include "c_api/guard.h"
#include "c_api/index_handle.h"
#include "c_api/memory_limit.h"
#include "search/file_within_limit.h"
#include "storage/index_reader.h"
#include "storage/index_writer.h"

using residual_knn::Guard;
using residual_knn::IndexReader;
using residual_knn::IndexWriter;
using residual_knn::ResidualModel;

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kNote = "note";

residual_knn_load_options ReadLoadOptions(const residual_knn_load_options* options) {
  const residual_knn_load_options o =
      residual_knn::ReadOptions(options, {}, "residual_knn_load_options");
  residual_knn::RequireAtLeast(o.max_bytes, 0, "max_bytes");
  if (o.reserved != 0) {
    residual_knn::ThrowInvalid("reserved is " + std::to_string(o.reserved) + ", must be 0");
  }
  return o;
}

void RequirePath(const char* path) {
  residual_knn::RequirePointer(path, "path");
  if (*path == 0) residual_knn::ThrowInvalid("path is empty");
}

// Numbers are in the file as they are in memory.
void RequireLittleEndian() {
  if constexpr (std::endian::native != std::endian::little) {
    throw residual_knn::Error(RESIDUAL_KNN_ERROR_UNSUPPORTED,
                              "saved indexes need a little-endian processor");
  }
}

void ReadNote(const IndexReader& reader, std::string& note) {
  reader.Numbers(kNote, note, IndexReader::kAnyCount);
  const bool is_text = note.find('\0') == std::string::npos && residual_knn::IsUtf8(note);
  reader.Require(is_text, "the note, which must be UTF-8,");
}

void Read(const char* path, const residual_knn_load_options& options,
          const residual_knn::ReadingMode& mode, residual_knn_index** index) {
  const auto start = Clock::now();
  residual_knn::Monitor monitor(options.progress, options.progress_user);
  residual_knn::IndexFile file(path, mode, monitor);
  const IndexReader model_reader(file, "model/");
  residual_knn::CovarianceFunction covariance = ResidualModel::LoadCovariance(model_reader);
  const int64_t prepared_bytes =
      residual_knn::FitFileWithinLimit(options.max_bytes, covariance.bytes(), file);
  ResidualModel model(model_reader, std::move(covariance),
                      residual_knn::CacheBytesWithin(options.max_bytes));
  auto handle = std::make_unique<residual_knn_index>(residual_knn_index{
      std::move(model), 0, options.message_base, options.max_bytes, true, nullptr, {}});
  // What the file has takes its part of the limit; the rest is for what searches add. 0 would be no limit.
  const int64_t limit =
      options.max_bytes == 0 ? 0 : std::max<int64_t>(options.max_bytes - prepared_bytes, 1);
  handle->prepared = std::make_unique<residual_knn::Prepared>(handle->model, limit);
  const IndexReader reader(file, "");
  handle->prepared->Load(reader);
  if (reader.Has(kNote)) ReadNote(reader, handle->note);
  file.TestRest();
  handle->build_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  *index = handle.release();
}

struct FileToRead {
  const char* path;
  bool mapped;  // instead of read whole
};

residual_knn_status ReadIndex(const char* function, const FileToRead& file,
                              const residual_knn_load_options* options,
                              residual_knn_index** index) {
  return Guard(function, residual_knn::MessageBaseOf(options), [&] {
    residual_knn::RequirePointer(index, "index");
    RequirePath(file.path);
    RequireLittleEndian();
    const residual_knn_load_options o = ReadLoadOptions(options);
    Read(file.path, o, {file.mapped, !file.mapped || o.verify != 0}, index);
  });
}

}  // namespace

void residual_knn_load_options_init(residual_knn_load_options* options, size_t size) {
  residual_knn::InitializeStruct({}, options, size);
}

residual_knn_status residual_knn_index_save(const residual_knn_index* index, const char* path) {
  return Guard(__func__, [&] {
    residual_knn::RequirePointer(index, "index");
    RequirePath(path);
    RequireLittleEndian();
    residual_knn::RequireUsable(*index);
    if (index->model.covariance() == nullptr) {
      throw residual_knn::Error(RESIDUAL_KNN_ERROR_UNSUPPORTED,
                                "index has a covariance callback, which a file cannot hold");
    }
    residual_knn::IndexContents contents;
    index->model.Save(IndexWriter(contents, "model/"));
    const IndexWriter writer(contents, "");
    index->prepared->Save(writer);
    if (!index->note.empty()) writer.Numbers(kNote, index->note, IndexWriter::kAnyCount);
    contents.Write(path);
  });
}

residual_knn_status residual_knn_index_load(const char* path,
                                            const residual_knn_load_options* options,
                                            residual_knn_index** index) {
  return ReadIndex(__func__, {path, false}, options, index);
}

residual_knn_status residual_knn_index_open(const char* path,
                                            const residual_knn_load_options* options,
                                            residual_knn_index** index) {
  return ReadIndex(__func__, {path, true}, options, index);
}
