/*
 * The data of all examples in this folder: twelve weather stations on a map, with coordinates east and north in
 * kilometers, three inducing points, and a covariance that decays faster to the north.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef RESIDUAL_KNN_EXAMPLES_STATIONS_H_
#define RESIDUAL_KNN_EXAMPLES_STATIONS_H_

enum { NUM_STATIONS = 12, NUM_COORDINATES = 2, NUM_INDUCING = 3, NUM_NEIGHBORS = 3 };

static const double stations[NUM_STATIONS * NUM_COORDINATES] = {
    12.4, 31.0, /* 0 */
    78.1, 64.7, /* 1 */
    45.0, 8.3,  /* 2 */
    91.6, 22.9, /* 3 */
    23.7, 71.5, /* 4 */
    56.2, 40.8, /* 5 */
    5.9,  55.1, /* 6 */
    67.3, 83.4, /* 7 */
    34.8, 27.6, /* 8 */
    82.5, 46.0, /* 9 */
    49.1, 59.9, /* 10 */
    18.0, 12.2, /* 11 */
};
static const double inducing_points[NUM_INDUCING * NUM_COORDINATES] = {
    20.0, 25.0, /* south-west */
    80.0, 35.0, /* east */
    40.0, 70.0, /* north */
};
static const double lengthscales[NUM_COORDINATES] = {40.0, 25.0};
static const double variance = 2.5;
static const double nugget = 0.1;

#endif /* RESIDUAL_KNN_EXAMPLES_STATIONS_H_ */
