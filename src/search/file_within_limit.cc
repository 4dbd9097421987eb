#include "search/file_within_limit.h"

#include <array>
#include <string>
#include <string_view>

#include "base/error.h"
#include "model/preparation_room.h"
#include "tree/residual_tree.h"

namespace residual_knn {
namespace {

using Section = IndexFile::Section;

// More trees than a store has: each has an eighth of the rows of the one before.
constexpr int kMostStages = 24;
constexpr std::string_view kV = "model/v";

bool IsV(std::string_view name) { return name == kV; }
bool IsOfTree(std::string_view name) {
  return name.starts_with("tree/") && name.find("/kept/") == std::string_view::npos;
}
bool IsSingleV(std::string_view name) { return IsOfTree(name) && name.ends_with("/v32"); }
bool IsOfIntegers(std::string_view name) {
  return name.starts_with("scan/v8/") || name.starts_with("scan/v16/");
}
bool IsOfModel(std::string_view name) { return name.starts_with("model/"); }

// What can be left out, in this order.
constexpr std::array<bool (*)(std::string_view), 4> kParts = {IsV, IsOfIntegers, IsSingleV,
                                                              IsOfTree};

double NumbersIn(const Section* section) {
  return section == nullptr ? 0 : static_cast<double>(section->bytes) / sizeof(double);
}

// The memory that a file takes with the parts that are not left out.
class FileMemory {
 public:
  FileMemory(IndexFile& file, int64_t kernel_bytes)
      : file_(file),
        kernel_(static_cast<double>(kernel_bytes)),
        n_(NumbersIn(file.Find("model/residual_variance"))),
        v_(Bytes(IsV)) {
    has_preparations_ = Bytes(IsOfTree) + Bytes(IsOfIntegers) > 0;
  }

  [[nodiscard]] bool CanComputeV() const { return file_.Find("model/inducing/jitter") != nullptr; }

  // Without what searches prepare, but for the little that every search adds.
  [[nodiscard]] double OfModel() const {
    // Searches of a file without trees and integers make some.
    const double room =
        has_preparations_ || !CanComputeV() ? 0 : kTimesVForPreparations * Bytes(IsV);
    return Bytes(IsOfModel) + kernel_ + room + n_ * static_cast<double>(kSmallPreparations);
  }

  [[nodiscard]] double OfPreparations() const {
    return Bytes(IsOfTree) + Bytes(IsOfIntegers) + CouplingBytes();
  }

 private:
  [[nodiscard]] double Bytes(bool (*is_part)(std::string_view)) const {
    double bytes = 0;
    for (const Section& section : file_.sections()) {
      if (!section.left_out && is_part(section.name)) bytes += static_cast<double>(section.bytes);
    }
    return bytes;
  }

  [[nodiscard]] double CouplingBytes() const {
    const bool stores_factor = file_.Find(std::string(kV)) != nullptr && v_ > 0;
    const double m = n_ > 0 ? v_ / (n_ * sizeof(double)) : 0;
    double bytes = 0;
    for (int stage = 0; stage < kMostStages; ++stage) {
      const std::string tree = "tree/" + std::to_string(stage) + "/";
      // Blocks of the coarsest level are coupled.
      const Section* pivots = nullptr;
      for (int level = 0;; ++level) {
        const Section* const next =
            file_.Find(tree + "level/" + std::to_string(level) + "/pivot_rows");
        if (next == nullptr) break;
        pivots = next;
      }
      bytes += ResidualTree::CouplingBytes(NumbersIn(pivots), n_, m, stores_factor);
    }
    return bytes;
  }

  IndexFile& file_;
  double kernel_;
  double n_;
  double v_;
  bool has_preparations_ = false;
};

}  // namespace

int64_t FitFileWithinLimit(int64_t max_bytes, int64_t kernel_bytes, IndexFile& file) {
  if (max_bytes == 0) return 0;
  const FileMemory memory(file, kernel_bytes);
  const auto limit = static_cast<double>(max_bytes);
  const auto fits = [&] { return memory.OfModel() + memory.OfPreparations() <= limit; };
  for (const auto& is_part : kParts) {
    if (fits()) break;
    if (is_part != IsV || memory.CanComputeV()) file.LeaveOut(is_part);
  }
  if (fits()) return static_cast<int64_t>(memory.OfPreparations());
  throw Error(RESIDUAL_KNN_ERROR_OUT_OF_MEMORY,
              "max_bytes is " + std::to_string(max_bytes) + ", but the index needs " +
                  std::to_string(static_cast<int64_t>(memory.OfModel())) + " bytes" +
                  (memory.CanComputeV() ? " without V" : " with V"));
}

}  // namespace residual_knn
