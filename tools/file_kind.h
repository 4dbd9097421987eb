// Files of other kinds than CSV in UTF-8 and .npy, told by their first bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace residual_knn {

struct ForeignKind {
  std::string name;  // "an xz archive", to stand behind "is"
  std::string cure;  // how to make a table of it that can be read
};

// `start` holds the first bytes of a file, some 64 KiB or all. Nothing if they may be CSV or .npy.
std::optional<ForeignKind> FindForeignKind(std::string_view start);

}  // namespace residual_knn
