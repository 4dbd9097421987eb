// What the factorization of one block gives to its tree, and how processes of a team exchange it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parallel/team.h"

namespace residual_knn {

// The numbers of a block: see PivotBlock.
struct BlockNumbers {
  int64_t rank = 0;
  int64_t stride = 0;
  double unexplained = 0;
  double largest_total = 1;
  double pivot_inverse_deviations = 0;
  double inflation = 0;
};

struct BlockPiece {
  BlockNumbers numbers;
  std::vector<int64_t> pivots;  // rank positions in the block
  std::vector<double> v;        // of the pivots, rank x m
  std::vector<double> lower;    // rank x rank
  std::vector<float> kept;      // rank x stride
  std::vector<float> roots;     // stride
};

// Process r of the team has made pieces r, r + size, ... Afterwards every process has all of them. V has m columns.
void ExchangePieces(Team& team, int64_t m, std::span<BlockPiece> pieces);

}  // namespace residual_knn
