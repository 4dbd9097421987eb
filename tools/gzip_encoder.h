// Compresses bytes in the gzip format. The same bytes give the same result, because no name and no time are stored.
#pragma once

#include <zlib.h>

#include <functional>
#include <string_view>
#include <vector>

namespace residual_knn::cli {

class GzipEncoder {
 public:
  // Receives compressed bytes.
  using Sink = std::function<void(std::string_view bytes)>;

  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;

  void Encode(std::string_view bytes, const Sink& sink) { Run(bytes, Z_NO_FLUSH, sink); }

  // Ends the data. No more bytes may be added.
  void Finish(const Sink& sink) { Run({}, Z_FINISH, sink); }

 private:
  void Run(std::string_view bytes, int flush, const Sink& sink);

  z_stream stream_{};
  std::vector<char> zipped_;
};

}  // namespace residual_knn::cli
