// Recognizes files other than CSV in UTF-8 and .npy by their first bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace residual_knn {

struct ForeignKind {
  std::string name;  // for example "an xz archive", used after "is"
  std::string cure;  // how to convert it to a table that can be read
};

// `start` is the first bytes of a file, about 64 KiB or all. Returns nothing if the file may be CSV or .npy.
std::optional<ForeignKind> FindForeignKind(std::string_view start);

}  // namespace residual_knn
