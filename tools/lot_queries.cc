#include "tools/lot_queries.h"

#include <algorithm>

namespace residual_knn::cli {

LotQueries::LotQueries(const Queries& whole, const NeighborsOptions& options,
                       const Question& question)
    : whole_(whole), has_groups_(!options.groups.empty()) {
  const bool has_lists = !question.candidates.offsets.empty() || !question.start.offsets.empty();
  if (has_lists && !has_groups_) numbers_ = NumbersOf(whole, options, question);
}

Queries LotQueries::Take(std::span<const int64_t> which) const {
  Queries lot;
  lot.count = std::ssize(which);
  lot.path = whole_.path;
  lot.are_new_points = whole_.are_new_points;
  // Right for consecutive queries; others have no messages with their numbers.
  const int64_t first = which.empty() ? 0 : which.front();
  lot.range = {whole_.range.begin + first, whole_.range.begin + first + lot.count};
  for (const int64_t query : which) {
    const auto i = static_cast<size_t>(query);
    if (!numbers_.empty()) lot.numbers.push_back(numbers_[i]);
    if (whole_.are_new_points) {
      const size_t d = whole_.new_points.size() / static_cast<size_t>(whole_.count);
      const auto point = std::span(whole_.new_points).subspan(i * d, d);
      lot.new_points.insert(lot.new_points.end(), point.begin(), point.end());
    } else if (has_groups_) {
      if (lot.group_offsets.empty()) lot.group_offsets.push_back(0);
      lot.rows.insert(lot.rows.end(), whole_.rows.begin() + whole_.group_offsets[i],
                      whole_.rows.begin() + whole_.group_offsets[i + 1]);
      lot.group_offsets.push_back(std::ssize(lot.rows));
    } else {
      lot.rows.push_back(whole_.are_all_rows ? query : whole_.rows[i]);
    }
  }
  return lot;
}

}  // namespace residual_knn::cli
