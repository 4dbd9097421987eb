#include "tools/answer_writer.h"

#include "tools/output_format.h"

namespace residual_knn::cli {

AnswerWriter::AnswerWriter(const AnswerFiles& files, OutputSet* outputs) {
  tables_ = MakeTables(files, [&](const std::string& path) {
    files_.push_back(files.kept     ? &outputs->OpenKept(path)
                     : files.shared ? &outputs->OpenShared(path)
                                    : &outputs->Open(path, PackingOf(TableFormatOf(path))));
    return files_.back();
  });
}

AnswerWriter::AnswerWriter(const AnswerFiles& files, const AnswerPlace& place, int64_t queries) {
  tables_ = MakeTables(files, [&](const std::string& path) {
    const size_t i = pieces_.size();
    pieces_.push_back(
        std::make_unique<OutputFile>(path, place.files[i], queries * place.query_bytes[i]));
    files_.push_back(pieces_.back().get());
    return files_.back();
  });
}

AnswerWriter::~AnswerWriter() = default;

void AnswerWriter::Begin() {
  for (const auto& table : tables_) table->Begin();
}

void AnswerWriter::Continue(std::span<const std::vector<FilePart>> parts) {
  for (size_t i = 0; i < files_.size(); ++i) {
    std::vector<FilePart> of_file;
    for (const std::vector<FilePart>& part : parts) of_file.push_back(part[i]);
    files_[i]->Continue(of_file);
  }
  if (parts.empty()) {
    Begin();
    return;
  }
  for (const auto& table : tables_) table->Continue();
}

std::vector<FilePart> AnswerWriter::Sync() {
  std::vector<FilePart> parts;
  for (OutputFile* file : files_) parts.push_back(file->Sync());
  return parts;
}

AnswerPlace AnswerWriter::Place() {
  AnswerPlace place;
  for (OutputFile* file : files_) place.files.push_back(file->Place());
  // Each table of shared files has one.
  for (const auto& table : tables_) place.query_bytes.push_back(table->BytesOfQuery());
  return place;
}

void AnswerWriter::Skip(std::span<const FilePart> parts) {
  for (size_t i = 0; i < files_.size(); ++i) files_[i]->Skip(parts[i]);
}

void AnswerWriter::Write(const WrittenAnswer& part, ProgressBar* progress) {
  for (const auto& table : tables_) table->Write(part, progress);
}

void AnswerWriter::Finish() {
  for (const auto& table : tables_) table->Finish();
}

}  // namespace residual_knn::cli
