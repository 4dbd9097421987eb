// Random models and questions, with all choices that the header allows.
#pragma once

#include <cstdint>
#include <string>

#include "support/api_objects.h"
#include "support/random_data.h"

namespace residual_knn_test {

struct ModelLimits {
  int64_t largest_n = 700;
  int64_t largest_d = 8;
  int64_t largest_m = 60;
};

struct RandomModel {
  Model model;
  Shape shape = Shape::kUniform;
  double offset = 0;        // of all coordinates
  std::string description;  // for failure messages
};

RandomModel DrawModel(Random& random, const ModelLimits& limits = {});

// Points and inducing points in the unit square, Matern 3/2.
Model PlainModel(Random& random, int64_t n, int64_t m);

// Any kind but kNewFactor; k from 1 to 40, sometimes more than there are points.
Question DrawQuestion(Random& random, const RandomModel& model);

// Random options that must not change an answer; the ranking is given.
Manner DrawManner(Random& random, int64_t n, int32_t ranking);

std::string Describe(const Question& question);
std::string Describe(const Manner& manner);

}  // namespace residual_knn_test
