// Values as bytes of a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace residual_knn::mpi {

using Bytes = std::vector<unsigned char>;

void Append(const void* data, size_t size, Bytes* bytes);

// Appends the number of values and the values.
template <class T>
void Put(std::span<const T> values, Bytes* bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto count = static_cast<int64_t>(values.size());
  Append(&count, sizeof count, bytes);
  Append(values.data(), values.size_bytes(), bytes);
}
template <class T>
void Put(const std::vector<T>& values, Bytes* bytes) {
  Put(std::span<const T>(values), bytes);
}
template <class T>
void PutOne(const T& value, Bytes* bytes) {
  Put(std::span<const T>(&value, 1), bytes);
}

// Takes them in the same order.
class BytesReader {
 public:
  explicit BytesReader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  [[nodiscard]] bool AtEnd() const { return bytes_.empty(); }

  template <class T>
  std::vector<T> Take() {
    int64_t count = 0;
    std::memcpy(&count, bytes_.data(), sizeof count);
    bytes_ = bytes_.subspan(sizeof count);
    std::vector<T> values(static_cast<size_t>(count));
    const size_t size = values.size() * sizeof(T);
    if (size > 0) std::memcpy(values.data(), bytes_.data(), size);
    bytes_ = bytes_.subspan(size);
    return values;
  }
  template <class T>
  T TakeOne() {
    return Take<T>().at(0);
  }

 private:
  std::span<const unsigned char> bytes_;
};

}  // namespace residual_knn::mpi
