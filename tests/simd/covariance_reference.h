// The covariance families from their definitions, in long double.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/matern_table.h"
#include "simd/covariance_view.h"

namespace residual_knn_test {

struct CovarianceReference {
  std::string name;
  residual_knn::CovarianceView view;
  std::shared_ptr<residual_knn::MaternTable>
      table;  // owner of the data of the view, for Matern of any nu

  // K / variance as a function of the squared distance.
  std::function<long double(long double)> correlation;
  // t is a bound of the derivative of log K by log r2: the relative error of K is at most t times that of r2.
  std::function<long double(long double)> condition;
  // Bound on the relative error of K for an exact r2, in units of 2^-53: fixed + per_condition * t.
  double fixed = 0;
  double per_condition = 0;
  // Alternative to the relative bound: absolute error of the correlation.
  double absolute = 0;
};

// All families with the variance; rational quadratic with alpha from 0.01 to 1e6.
std::vector<CovarianceReference> AllCovariances(double variance);

}  // namespace residual_knn_test
