#include "model/original_points.h"

#include "storage/index_reader.h"
#include "storage/index_writer.h"

namespace residual_knn {

template <class Self, class Archive>
void OriginalPoints::NameMembers(Self& self, const Archive& archive) {
  archive.Values("sizes", self.rows_, self.columns_);
  archive.Numbers("values", self.values_, CountOf(self.rows_, self.columns_));
}

void OriginalPoints::Save(const IndexWriter& writer) const { NameMembers(*this, writer); }

void OriginalPoints::Load(const IndexReader& reader) { NameMembers(*this, reader); }

}  // namespace residual_knn
