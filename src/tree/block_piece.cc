#include "tree/block_piece.h"

#include <algorithm>
#include <cstring>

namespace residual_knn {
namespace {

// Pieces of about this many bytes are exchanged at once, so that little memory is needed beside the pieces.
constexpr int64_t kBytesAtOnce = int64_t{64} << 20;

template <class T>
void Append(const T* values, size_t count, std::vector<unsigned char>& bytes) {
  const auto* const first = reinterpret_cast<const unsigned char*>(values);
  bytes.insert(bytes.end(), first, first + count * sizeof(T));
}

void Append(const BlockPiece& piece, std::vector<unsigned char>& bytes) {
  Append(&piece.numbers, 1, bytes);
  Append(piece.pivots.data(), piece.pivots.size(), bytes);
  Append(piece.v.data(), piece.v.size(), bytes);
  Append(piece.lower.data(), piece.lower.size(), bytes);
  Append(piece.kept.data(), piece.kept.size(), bytes);
  Append(piece.roots.data(), piece.roots.size(), bytes);
}

// Takes values from the front of some bytes.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }

  template <class T>
  void Take(T* values, size_t count) {
    if (count > 0) std::memcpy(values, bytes_.data(), count * sizeof(T));
    bytes_ = bytes_.subspan(count * sizeof(T));
  }
  template <class T>
  void Take(int64_t count, std::vector<T>& values) {
    values.resize(static_cast<size_t>(count));
    Take(values.data(), values.size());
  }

 private:
  std::span<const unsigned char> bytes_;
};

BlockPiece TakePiece(int64_t m, Reader& reader) {
  BlockPiece piece;
  reader.Take(&piece.numbers, 1);
  const int64_t rank = piece.numbers.rank;
  const int64_t stride = piece.numbers.stride;
  reader.Take(rank, piece.pivots);
  reader.Take(rank * m, piece.v);
  reader.Take(rank * rank, piece.lower);
  reader.Take(rank * stride, piece.kept);
  reader.Take(stride, piece.roots);
  return piece;
}

}  // namespace

void ExchangePieces(Team& team, int64_t m, std::span<BlockPiece> pieces) {
  const auto count = static_cast<int64_t>(pieces.size());
  const int64_t size = team.size();
  int64_t next = team.rank();  // of this process
  std::vector<int64_t> firsts(static_cast<size_t>(size));
  for (int64_t r = 0; r < size; ++r) firsts[r] = r;
  std::vector<unsigned char> mine;
  std::vector<std::vector<unsigned char>> theirs(static_cast<size_t>(size));
  const auto most = std::max<int64_t>(kBytesAtOnce / size, 1);
  for (bool left = true; left;) {
    mine.clear();
    for (; next < count && static_cast<int64_t>(mine.size()) < most; next += size) {
      Append(pieces[next], mine);
    }
    const std::vector<int64_t> sizes = team.Share(static_cast<int64_t>(mine.size()));
    std::vector<std::span<unsigned char>> parts;
    left = false;
    for (int64_t r = 0; r < size; ++r) {
      left = left || sizes[r] > 0;
      if (r != team.rank()) theirs[r].resize(static_cast<size_t>(sizes[r]));
      parts.emplace_back(r == team.rank() ? mine : theirs[r]);
    }
    if (!left) break;
    team.Exchange(parts);
    for (int64_t r = 0; r < size; ++r) {
      if (r == team.rank()) continue;
      Reader reader(theirs[r]);
      for (; !reader.AtEnd(); firsts[r] += size) pieces[firsts[r]] = TakePiece(m, reader);
    }
  }
}

}  // namespace residual_knn
