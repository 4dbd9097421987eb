// An open file that is closed at the end of its scope.
#pragma once

#include <unistd.h>

namespace residual_knn {

class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor() { Close(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }
  void Reset(int number) {
    Close();
    number_ = number;
  }
  // False, with errno, if what was written may be lost.
  bool Close() {
    if (number_ < 0) return true;
    const int number = number_;
    number_ = -1;
    return close(number) == 0;
  }

 private:
  int number_;
};

}  // namespace residual_knn
