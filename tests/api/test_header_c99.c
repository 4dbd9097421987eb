/* The header in plain C99: it compiles without a warning, its constants have not changed, and the init functions set
 * every field of a struct with arbitrary content. */
#include "residual_knn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Published values never change and are never reused. */
static void test_constants(void** state) {
  static const struct {
    const char* name;
    int32_t value;
    int32_t pinned;
  } constants[] = {
      {"RESIDUAL_KNN_OK", RESIDUAL_KNN_OK, 0},
      {"RESIDUAL_KNN_ERROR_INVALID_ARGUMENT", RESIDUAL_KNN_ERROR_INVALID_ARGUMENT, 1},
      {"RESIDUAL_KNN_ERROR_OUT_OF_MEMORY", RESIDUAL_KNN_ERROR_OUT_OF_MEMORY, 2},
      {"RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE", RESIDUAL_KNN_ERROR_NOT_POSITIVE_DEFINITE, 3},
      {"RESIDUAL_KNN_ERROR_CANCELLED", RESIDUAL_KNN_ERROR_CANCELLED, 4},
      {"RESIDUAL_KNN_ERROR_CALLBACK", RESIDUAL_KNN_ERROR_CALLBACK, 5},
      {"RESIDUAL_KNN_ERROR_UNSUPPORTED", RESIDUAL_KNN_ERROR_UNSUPPORTED, 6},
      {"RESIDUAL_KNN_ERROR_INTERNAL", RESIDUAL_KNN_ERROR_INTERNAL, 7},
      {"RESIDUAL_KNN_ERROR_FILE", RESIDUAL_KNN_ERROR_FILE, 8},
      {"RESIDUAL_KNN_ERROR_NOT_AN_INDEX", RESIDUAL_KNN_ERROR_NOT_AN_INDEX, 9},
      {"RESIDUAL_KNN_ERROR_CORRUPT", RESIDUAL_KNN_ERROR_CORRUPT, 10},
      {"RESIDUAL_KNN_ERROR_TOO_NEW", RESIDUAL_KNN_ERROR_TOO_NEW, 11},
      {"RESIDUAL_KNN_ERROR_OTHER_TARGET", RESIDUAL_KNN_ERROR_OTHER_TARGET, 12},
      {"RESIDUAL_KNN_SQUARED_EXPONENTIAL", RESIDUAL_KNN_SQUARED_EXPONENTIAL, 0},
      {"RESIDUAL_KNN_MATERN12", RESIDUAL_KNN_MATERN12, 1},
      {"RESIDUAL_KNN_MATERN32", RESIDUAL_KNN_MATERN32, 2},
      {"RESIDUAL_KNN_MATERN52", RESIDUAL_KNN_MATERN52, 3},
      {"RESIDUAL_KNN_MATERN", RESIDUAL_KNN_MATERN, 4},
      {"RESIDUAL_KNN_RATIONAL_QUADRATIC", RESIDUAL_KNN_RATIONAL_QUADRATIC, 5},
      {"RESIDUAL_KNN_POINT_MAJOR", RESIDUAL_KNN_POINT_MAJOR, 0},
      {"RESIDUAL_KNN_DIMENSION_MAJOR", RESIDUAL_KNN_DIMENSION_MAJOR, 1},
      {"RESIDUAL_KNN_ABSOLUTE", RESIDUAL_KNN_ABSOLUTE, 0},
      {"RESIDUAL_KNN_SIGNED", RESIDUAL_KNN_SIGNED, 1},
      {"RESIDUAL_KNN_SCALED_DISTANCE", RESIDUAL_KNN_SCALED_DISTANCE, 2},
      {"RESIDUAL_KNN_AUTOMATIC", RESIDUAL_KNN_AUTOMATIC, 0},
      {"RESIDUAL_KNN_BRUTE_FORCE", RESIDUAL_KNN_BRUTE_FORCE, 1},
      {"RESIDUAL_KNN_LEVEL_SYNCHRONOUS", RESIDUAL_KNN_LEVEL_SYNCHRONOUS, 2},
      {"RESIDUAL_KNN_BEST_FIRST", RESIDUAL_KNN_BEST_FIRST, 3},
      {"RESIDUAL_KNN_BATCHED_BEST_FIRST", RESIDUAL_KNN_BATCHED_BEST_FIRST, 4},
      {"RESIDUAL_KNN_DUAL_TREE", RESIDUAL_KNN_DUAL_TREE, 5},
      {"RESIDUAL_KNN_REASON_REQUESTED", RESIDUAL_KNN_REASON_REQUESTED, 0},
      {"RESIDUAL_KNN_REASON_FEW_PAIRS", RESIDUAL_KNN_REASON_FEW_PAIRS, 1},
      {"RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR", RESIDUAL_KNN_REASON_UNKNOWN_FACTOR_ERROR, 2},
      {"RESIDUAL_KNN_REASON_ROUNDING", RESIDUAL_KNN_REASON_ROUNDING, 3},
      {"RESIDUAL_KNN_REASON_NO_COVER", RESIDUAL_KNN_REASON_NO_COVER, 4},
      {"RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE", RESIDUAL_KNN_REASON_SAMPLE_FOR_BRUTE_FORCE, 5},
      {"RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE", RESIDUAL_KNN_REASON_SAMPLE_FOR_TREE, 6},
      {"RESIDUAL_KNN_REASON_REPEATED_POINTS", RESIDUAL_KNN_REASON_REPEATED_POINTS, 7},
      {"RESIDUAL_KNN_REASON_CANDIDATE_LISTS", RESIDUAL_KNN_REASON_CANDIDATE_LISTS, 8},
      {"RESIDUAL_KNN_REASON_SCALED_DISTANCE", RESIDUAL_KNN_REASON_SCALED_DISTANCE, 9},
      {"RESIDUAL_KNN_KMEANS", RESIDUAL_KNN_KMEANS, 0},
      {"RESIDUAL_KNN_RANDOM_ROWS", RESIDUAL_KNN_RANDOM_ROWS, 1},
      {"RESIDUAL_KNN_ORDER_GIVEN", RESIDUAL_KNN_ORDER_GIVEN, 0},
      {"RESIDUAL_KNN_ORDER_RANDOM", RESIDUAL_KNN_ORDER_RANDOM, 1},
      {"RESIDUAL_KNN_ORDER_MAXIMIN", RESIDUAL_KNN_ORDER_MAXIMIN, 2},
  };
  size_t i;
  int wrong = 0;
  (void)state;
  for (i = 0; i < sizeof constants / sizeof constants[0]; ++i) {
    if (constants[i].value != constants[i].pinned) {
      fprintf(stderr, "%s is %d, was %d\n", constants[i].name, (int)constants[i].value,
              (int)constants[i].pinned);
      ++wrong;
    }
  }
  assert_int_equal(wrong, 0);
}

/* Structs grow only at the end: on 64-bit systems the offset of every field is fixed. */
static void test_offsets(void** state) {
  (void)state;
  if (sizeof(void*) != 8) {
    print_message("offsets are pinned for 64-bit systems only\n");
    skip();
  }
  assert_int_equal(offsetof(residual_knn_model_options, struct_size), 0);
  assert_int_equal(offsetof(residual_knn_model_options, kernel), 8);
  assert_int_equal(offsetof(residual_knn_model_options, layout), 12);
  assert_int_equal(offsetof(residual_knn_model_options, variance), 16);
  assert_int_equal(offsetof(residual_knn_model_options, nu), 24);
  assert_int_equal(offsetof(residual_knn_model_options, alpha), 32);
  assert_int_equal(offsetof(residual_knn_model_options, nugget), 40);
  assert_int_equal(offsetof(residual_knn_model_options, jitter), 48);
  assert_int_equal(offsetof(residual_knn_model_options, max_jitter), 56);
  assert_int_equal(offsetof(residual_knn_model_options, threads), 64);
  assert_int_equal(offsetof(residual_knn_model_options, concurrent_callback), 68);
  assert_int_equal(offsetof(residual_knn_model_options, progress), 72);
  assert_int_equal(offsetof(residual_knn_model_options, progress_user), 80);
  assert_int_equal(offsetof(residual_knn_model_options, factor_error), 88);
  assert_int_equal(offsetof(residual_knn_model_options, message_base), 96);

  assert_int_equal(offsetof(residual_knn_load_options, verify), 8);
  assert_int_equal(offsetof(residual_knn_load_options, reserved), 12);
  assert_int_equal(offsetof(residual_knn_load_options, progress), 16);
  assert_int_equal(offsetof(residual_knn_load_options, progress_user), 24);
  assert_int_equal(offsetof(residual_knn_load_options, message_base), 32);
  assert_int_equal(offsetof(residual_knn_load_options, max_bytes), 40);

  assert_int_equal(offsetof(residual_knn_search_options, layout), 8);
  assert_int_equal(offsetof(residual_knn_search_options, ranking), 12);
  assert_int_equal(offsetof(residual_knn_search_options, strategy), 16);
  assert_int_equal(offsetof(residual_knn_search_options, threads), 20);
  assert_int_equal(offsetof(residual_knn_search_options, tile_queries), 24);
  assert_int_equal(offsetof(residual_knn_search_options, tile_candidates), 32);
  assert_int_equal(offsetof(residual_knn_search_options, progress), 40);
  assert_int_equal(offsetof(residual_knn_search_options, progress_user), 48);
  assert_int_equal(offsetof(residual_knn_search_options, message_base), 56);
  assert_int_equal(offsetof(residual_knn_search_options, start_int32), 136);
  assert_int_equal(offsetof(residual_knn_search_options, sink), 144);
  assert_int_equal(offsetof(residual_knn_search_options, sink_user), 152);
  assert_int_equal(offsetof(residual_knn_search_options, sink_queries), 160);
  assert_int_equal(offsetof(residual_knn_search_options, sink_order), 168);
  assert_int_equal(offsetof(residual_knn_search_options, sink_reserved), 172);
  assert_int_equal(sizeof(residual_knn_search_options), 176);

  assert_int_equal(offsetof(residual_knn_batch, num_queries), 8);
  assert_int_equal(offsetof(residual_knn_batch, k), 16);
  assert_int_equal(offsetof(residual_knn_batch, queries), 24);
  assert_int_equal(offsetof(residual_knn_batch, neighbors), 32);
  assert_int_equal(offsetof(residual_knn_batch, neighbors_int32), 40);
  assert_int_equal(offsetof(residual_knn_batch, distances), 48);
  assert_int_equal(offsetof(residual_knn_batch, conditional_variances), 56);

  assert_int_equal(offsetof(residual_knn_helper_options, layout), 8);
  assert_int_equal(offsetof(residual_knn_helper_options, threads), 12);
  assert_int_equal(offsetof(residual_knn_helper_options, seed), 16);
  assert_int_equal(offsetof(residual_knn_helper_options, max_iterations), 24);
  assert_int_equal(offsetof(residual_knn_helper_options, progress), 32);
  assert_int_equal(offsetof(residual_knn_helper_options, progress_user), 40);
  assert_int_equal(offsetof(residual_knn_helper_options, message_base), 48);

  assert_int_equal(offsetof(residual_knn_weights_options, layout), 8);
  assert_int_equal(offsetof(residual_knn_weights_options, threads), 12);
  assert_int_equal(offsetof(residual_knn_weights_options, jitter), 16);
  assert_int_equal(offsetof(residual_knn_weights_options, progress), 24);
  assert_int_equal(offsetof(residual_knn_weights_options, progress_user), 32);
  assert_int_equal(offsetof(residual_knn_weights_options, message_base), 40);

  assert_int_equal(offsetof(residual_knn_covariance_options, layout), 8);
  assert_int_equal(offsetof(residual_knn_covariance_options, threads), 12);
  assert_int_equal(offsetof(residual_knn_covariance_options, progress), 16);
  assert_int_equal(offsetof(residual_knn_covariance_options, progress_user), 24);
  assert_int_equal(offsetof(residual_knn_covariance_options, message_base), 32);

  assert_int_equal(offsetof(residual_knn_weights_report, log_determinant), 8);
  assert_int_equal(offsetof(residual_knn_weights_report, jittered_sets), 16);
  assert_int_equal(offsetof(residual_knn_weights_report, first_jittered), 24);
  assert_int_equal(offsetof(residual_knn_weights_report, degenerate_queries), 32);
  assert_int_equal(offsetof(residual_knn_weights_report, seconds), 40);

  assert_int_equal(offsetof(residual_knn_info, n), 8);
  assert_int_equal(offsetof(residual_knn_info, d), 16);
  assert_int_equal(offsetof(residual_knn_info, m), 24);
  assert_int_equal(offsetof(residual_knn_info, degenerate_points), 32);
  assert_int_equal(offsetof(residual_knn_info, bytes), 40);
  assert_int_equal(offsetof(residual_knn_info, build_seconds), 48);
  assert_int_equal(offsetof(residual_knn_info, jitter), 56);
  assert_int_equal(offsetof(residual_knn_info, residual_share), 64);
  assert_int_equal(offsetof(residual_knn_info, given_factor), 120);

  assert_int_equal(offsetof(residual_knn_statistics, strategy), 8);
  assert_int_equal(offsetof(residual_knn_statistics, threads), 12);
  assert_int_equal(offsetof(residual_knn_statistics, queries), 16);
  assert_int_equal(offsetof(residual_knn_statistics, pairs), 24);
  assert_int_equal(offsetof(residual_knn_statistics, pairs_scored), 32);
  assert_int_equal(offsetof(residual_knn_statistics, pairs_rescored), 40);
  assert_int_equal(offsetof(residual_knn_statistics, seconds), 48);
  assert_int_equal(offsetof(residual_knn_statistics, reason), 56);
  assert_int_equal(offsetof(residual_knn_statistics, coarse_blocks), 60);
  assert_int_equal(offsetof(residual_knn_statistics, tree_seconds), 64);
  assert_int_equal(offsetof(residual_knn_statistics, pivots_scored), 72);
  assert_int_equal(offsetof(residual_knn_statistics, pivots_coupled), 80);
  assert_int_equal(offsetof(residual_knn_statistics, blocks_bounded), 88);
  assert_int_equal(offsetof(residual_knn_statistics, blocks_dismissed), 96);
  assert_int_equal(offsetof(residual_knn_statistics, points_bounded), 104);
  assert_int_equal(offsetof(residual_knn_statistics, survivors), 112);
  assert_int_equal(offsetof(residual_knn_statistics, scored_in_low_precision), 120);
  assert_int_equal(offsetof(residual_knn_statistics, uninformative_queries), 128);
  assert_int_equal(offsetof(residual_knn_statistics, nearest_lengthscales), 136);
  assert_int_equal(offsetof(residual_knn_statistics, coarse_queries), 144);
  assert_int_equal(offsetof(residual_knn_statistics, coarse_query), 152);
  assert_int_equal(offsetof(residual_knn_statistics, coarse_coordinate), 160);
  assert_int_equal(offsetof(residual_knn_statistics, coarse_value), 168);
  assert_int_equal(offsetof(residual_knn_statistics, coarse_lengthscale), 176);
}

/* Defaults are compared as bits. */
static void assert_bits(double value, double expected) {
  assert_memory_equal(&value, &expected, sizeof value);
}

static void test_model_defaults(void** state) {
  residual_knn_model_options options;
  (void)state;
  memset(&options, 0xA5, sizeof options);
  residual_knn_model_options_init(&options, sizeof options);
  assert_int_equal(options.struct_size, sizeof options);
  assert_int_equal(options.kernel, RESIDUAL_KNN_MATERN32);
  assert_int_equal(options.layout, RESIDUAL_KNN_POINT_MAJOR);
  assert_bits(options.variance, 1);
  assert_bits(options.nu, 1.5);
  assert_bits(options.alpha, 1);
  assert_bits(options.nugget, 0);
  assert_bits(options.jitter, 1e-8);
  assert_bits(options.max_jitter, 0);
  assert_int_equal(options.threads, 0);
  assert_int_equal(options.concurrent_callback, 0);
  assert_true(options.progress == NULL);
  assert_true(options.progress_user == NULL);
  assert_bits(options.factor_error, 0);
  assert_int_equal(options.message_base, 0);
}

static void test_search_defaults(void** state) {
  residual_knn_search_options options;
  (void)state;
  memset(&options, 0xA5, sizeof options);
  residual_knn_search_options_init(&options, sizeof options);
  assert_int_equal(options.struct_size, sizeof options);
  assert_int_equal(options.layout, RESIDUAL_KNN_POINT_MAJOR);
  assert_int_equal(options.ranking, RESIDUAL_KNN_ABSOLUTE);
  assert_int_equal(options.strategy, RESIDUAL_KNN_AUTOMATIC);
  assert_int_equal(options.threads, 0);
  assert_int_equal(options.tile_queries, 0);
  assert_int_equal(options.tile_candidates, 0);
  assert_true(options.progress == NULL);
  assert_true(options.progress_user == NULL);
  assert_int_equal(options.message_base, 0);
  assert_true(options.sink == NULL);
  assert_true(options.sink_user == NULL);
  assert_int_equal(options.sink_queries, 0);
  assert_int_equal(options.sink_order, RESIDUAL_KNN_SINK_BY_QUERY);
  assert_int_equal(options.sink_reserved, 0);
}

static void test_helper_defaults(void** state) {
  residual_knn_helper_options options;
  (void)state;
  memset(&options, 0xA5, sizeof options);
  residual_knn_helper_options_init(&options, sizeof options);
  assert_int_equal(options.struct_size, sizeof options);
  assert_int_equal(options.layout, RESIDUAL_KNN_POINT_MAJOR);
  assert_int_equal(options.threads, 0);
  assert_int_equal(options.seed, 1);
  assert_int_equal(options.max_iterations, 10);
  assert_true(options.progress == NULL);
  assert_true(options.progress_user == NULL);
  assert_int_equal(options.message_base, 0);
}

static void test_weights_defaults(void** state) {
  residual_knn_weights_options options;
  (void)state;
  memset(&options, 0xA5, sizeof options);
  residual_knn_weights_options_init(&options, sizeof options);
  assert_int_equal(options.struct_size, sizeof options);
  assert_int_equal(options.layout, RESIDUAL_KNN_POINT_MAJOR);
  assert_int_equal(options.threads, 0);
  assert_bits(options.jitter, 0);
  assert_true(options.progress == NULL);
  assert_true(options.progress_user == NULL);
  assert_int_equal(options.message_base, 0);
}

static void test_covariance_defaults(void** state) {
  residual_knn_covariance_options options;
  (void)state;
  memset(&options, 0xA5, sizeof options);
  residual_knn_covariance_options_init(&options, sizeof options);
  assert_int_equal(options.struct_size, sizeof options);
  assert_int_equal(options.layout, RESIDUAL_KNN_POINT_MAJOR);
  assert_int_equal(options.threads, 0);
  assert_true(options.progress == NULL);
  assert_true(options.progress_user == NULL);
  assert_int_equal(options.message_base, 0);
}

static void test_load_defaults(void** state) {
  residual_knn_load_options options;
  (void)state;
  memset(&options, 0xA5, sizeof options);
  residual_knn_load_options_init(&options, sizeof options);
  assert_int_equal(options.struct_size, sizeof options);
  assert_int_equal(options.verify, 0);
  assert_int_equal(options.reserved, 0);
  assert_true(options.progress == NULL);
  assert_true(options.progress_user == NULL);
  assert_int_equal(options.message_base, 0);
  assert_int_equal(options.max_bytes, 0);
}

static void test_records_start_empty(void** state) {
  residual_knn_info info;
  residual_knn_statistics statistics;
  residual_knn_weights_report report;
  static const unsigned char zeros[sizeof(residual_knn_info) + sizeof(residual_knn_statistics)];
  (void)state;
  memset(&info, 0xA5, sizeof info);
  residual_knn_info_init(&info, sizeof info);
  assert_int_equal(info.struct_size, sizeof info);
  info.struct_size = 0;
  assert_memory_equal(&info, zeros, sizeof info);
  memset(&statistics, 0xA5, sizeof statistics);
  residual_knn_statistics_init(&statistics, sizeof statistics);
  assert_int_equal(statistics.struct_size, sizeof statistics);
  statistics.struct_size = 0;
  assert_memory_equal(&statistics, zeros, sizeof statistics);
  memset(&report, 0xA5, sizeof report);
  residual_knn_weights_report_init(&report, sizeof report);
  assert_int_equal(report.struct_size, sizeof report);
  report.struct_size = 0;
  assert_memory_equal(&report, zeros, sizeof report);
}

/* A program that knows fewer fields than the library, a program that knows more, and impossible sizes. */
static void test_caller_size(void** state) {
  unsigned char bytes[sizeof(residual_knn_model_options) + 64];
  residual_knn_model_options* const options = (residual_knn_model_options*)(void*)bytes;
  const size_t sizes[] = {0,
                          sizeof(size_t) - 1,
                          sizeof(size_t),
                          offsetof(residual_knn_model_options, nu),
                          sizeof *options,
                          sizeof bytes};
  size_t i, j;
  (void)state;
  for (i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
    const size_t size = sizes[i] < sizeof(size_t) ? 0 : sizes[i];
    memset(bytes, 0xA5, sizeof bytes);
    residual_knn_model_options_init(options, sizes[i]);
    if (size > 0) assert_int_equal(options->struct_size, size);
    if (size >= offsetof(residual_knn_model_options, nu)) assert_bits(options->variance, 1);
    if (size >= sizeof *options) assert_bits(options->jitter, 1e-8);
    for (j = sizeof *options; j < size; ++j) assert_int_equal(bytes[j], 0);
    for (j = size; j < sizeof bytes; ++j) assert_int_equal(bytes[j], 0xA5);
  }
}

static void test_null_is_fine(void** state) {
  (void)state;
  residual_knn_model_options_init(NULL, 4096);
  residual_knn_load_options_init(NULL, 4096);
  residual_knn_search_options_init(NULL, 4096);
  residual_knn_helper_options_init(NULL, 4096);
  residual_knn_info_init(NULL, 4096);
  residual_knn_statistics_init(NULL, 4096);
  residual_knn_weights_options_init(NULL, 4096);
  residual_knn_covariance_options_init(NULL, 4096);
  residual_knn_weights_report_init(NULL, 4096);
  residual_knn_index_free(NULL);
}

static void test_version(void** state) {
  char version[64];
  (void)state;
  snprintf(version, sizeof version, "%d.%d.%d", RESIDUAL_KNN_VERSION_MAJOR,
           RESIDUAL_KNN_VERSION_MINOR, RESIDUAL_KNN_VERSION_PATCH);
  assert_string_equal(residual_knn_version(), version);
  assert_int_equal(residual_knn_abi_version(), 0);
  assert_true(strlen(residual_knn_simd_target()) > 0);
  assert_true(strlen(residual_knn_blas()) > 0);
}

/* An answer that can be computed by hand. */
static void test_search_from_c(void** state) {
  const double points[] = {0, 1, 3, 7};
  const double lengthscale = 2;
  const int64_t expected[] = {1, 2, 0, 2, 1, 0, 2, 1};
  residual_knn_index* index = NULL;
  int64_t neighbors[8];
  (void)state;
  assert_int_equal(residual_knn_index_create(points, 4, 1, &lengthscale, 1, NULL, 0, NULL, &index),
                   RESIDUAL_KNN_OK);
  assert_int_equal(residual_knn_neighbors(index, NULL, 4, NULL, 2, neighbors, NULL, NULL),
                   RESIDUAL_KNN_OK);
  residual_knn_index_free(index);
  assert_memory_equal(neighbors, expected, sizeof expected);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_constants),           cmocka_unit_test(test_offsets),
      cmocka_unit_test(test_model_defaults),      cmocka_unit_test(test_search_defaults),
      cmocka_unit_test(test_helper_defaults),     cmocka_unit_test(test_weights_defaults),
      cmocka_unit_test(test_covariance_defaults), cmocka_unit_test(test_load_defaults),
      cmocka_unit_test(test_records_start_empty), cmocka_unit_test(test_caller_size),
      cmocka_unit_test(test_null_is_fine),        cmocka_unit_test(test_version),
      cmocka_unit_test(test_search_from_c),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
