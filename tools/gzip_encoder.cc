#include "tools/gzip_encoder.h"

#include <new>

namespace residual_knn::cli {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 18;
constexpr int kGzipWindow = 15 + 16;  // the largest window, with gzip header and trailer
constexpr int kMemoryLevel = 8;       // zlib's default

}  // namespace

GzipEncoder::GzipEncoder() : zipped_(kBufferBytes) {
  const int failed = deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow,
                                  kMemoryLevel, Z_DEFAULT_STRATEGY);
  if (failed != Z_OK) throw std::bad_alloc();
}

GzipEncoder::~GzipEncoder() { deflateEnd(&stream_); }

void GzipEncoder::Run(std::string_view bytes, int flush, const Sink& sink) {
  // zlib does not write to these bytes, but its interface lacks const.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  do {
    stream_.next_out = reinterpret_cast<Bytef*>(zipped_.data());
    stream_.avail_out = static_cast<uInt>(zipped_.size());
    deflate(&stream_, flush);
    sink(std::string_view(zipped_.data(), zipped_.size() - stream_.avail_out));
  } while (stream_.avail_out == 0);
}

}  // namespace residual_knn::cli
