// What an index tells of itself: its model, its points and its note, also after it was saved; and what is prepared for it.
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "support/api_objects.h"
#include "support/checked_callback.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/saved_file.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualModels = 100;

// A file with a name of its own, which is removed at the end.
class TemporaryFile {
 public:
  TemporaryFile() { close(mkstemp(name_.data())); }
  ~TemporaryFile() { unlink(name_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  [[nodiscard]] const char* path() const { return name_.c_str(); }

 private:
  std::string name_ = "/tmp/residual-knn-test-XXXXXX";
};

// The index after it was saved and read again; null after a failure.
IndexHandle SavedAndRead(const residual_knn_index* index, bool opened) {
  const TemporaryFile file;
  residual_knn_index* again = nullptr;
  if (residual_knn_index_save(index, file.path()) == RESIDUAL_KNN_OK) {
    (opened ? residual_knn_index_open : residual_knn_index_load)(file.path(), nullptr, &again);
  }
  return IndexHandle(again);
}

bool ModelIs(const residual_knn_index* index, const Model& model) {
  residual_knn_model_options found = ModelOptions();
  found.threads = 7;
  std::vector<double> scales(static_cast<size_t>(model.points.d));
  if (residual_knn_index_model(index, &found, scales.data()) != RESIDUAL_KNN_OK) {
    return Fail("no model");
  }
  const Kernel& kernel = model.kernel;
  for (size_t c = 0; c < scales.size(); ++c) {
    if (scales[c] != kernel.lengthscales[kernel.lengthscales.size() == 1 ? 0 : c]) {
      return Fail("other lengthscales");
    }
  }
  const bool computed =
      model.factor_storage == RESIDUAL_KNN_FACTOR_COMPUTED && model.inducing.n > 0;
  if (found.kernel != kernel.family || found.variance != kernel.variance || found.nu != kernel.nu ||
      found.alpha != kernel.alpha || found.nugget != model.nugget || found.max_jitter != 0 ||
      found.factor_error != 0 || found.max_bytes != 0 || found.threads != 7 ||
      found.factor_storage !=
          (computed ? RESIDUAL_KNN_FACTOR_COMPUTED : RESIDUAL_KNN_FACTOR_STORED)) {
    return Fail("another model");
  }
  return found.jitter == (model.inducing.n > 0 ? model.jitter : 0) || Fail("another jitter");
}

bool PointsAre(const residual_knn_index* index, const Model& model) {
  for (const int32_t layout : {RESIDUAL_KNN_POINT_MAJOR, RESIDUAL_KNN_DIMENSION_MAJOR}) {
    std::vector<double> points(model.points.values.size(), -1);
    std::vector<double> inducing(model.inducing.values.size(), -1);
    if (residual_knn_index_points(index, layout, points.data(),
                                  inducing.empty() ? nullptr : inducing.data()) !=
        RESIDUAL_KNN_OK) {
      return Fail("no points");
    }
    if (FromLayout(points, model.points.n, model.points.d, layout) != model.points.values ||
        FromLayout(inducing, model.inducing.n, model.points.d, layout) != model.inducing.values) {
      return Fail("other points");
    }
  }
  return true;
}

bool ContentsHold(uint64_t seed) {
  Random random(seed);
  const RandomModel drawn = DrawModel(random, {200, 6, 40});
  const CreatedIndex created = CreateIndex(drawn.model);
  if (created.status != RESIDUAL_KNN_OK) return true;  // other tests are about that
  residual_knn_index* const index = created.index.get();
  const std::string note = "a note of seed " + std::to_string(seed) + "\n\xc3\xa4";
  residual_knn_index_set_note(index, note.c_str());
  if (random.Chance(0.5)) residual_knn_index_prepare(index, nullptr);
  for (const bool opened : {false, true}) {
    const IndexHandle again = SavedAndRead(index, opened);
    if (again == nullptr) return Fail(seed, residual_knn_last_error());
    for (const residual_knn_index* each : {static_cast<const residual_knn_index*>(index),
                                           static_cast<const residual_knn_index*>(again.get())}) {
      if (!ModelIs(each, drawn.model) || !PointsAre(each, drawn.model)) {
        return Fail(seed, drawn.description);
      }
      if (residual_knn_index_note(each) != note || InfoOf(each).given_factor != 0) {
        return Fail(seed, "another note or source");
      }
    }
  }
  return true;
}

void TestContents(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualModels, [&](uint64_t seed) { return ContentsHold(seed); }));
}

// With the caller's V, the points come back up to rounding, and there are no inducing points.
void TestGivenFactor(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 60, 8);
  const FactorCopy factor = FactorOf(CreateIndex(model).index.get());
  const CreatedIndex created = CreateIndexFromFactor(model, factor);
  residual_knn_index* const index = created.index.get();
  assert_int_equal(InfoOf(index).given_factor, 1);
  std::vector<double> points(model.points.values.size());
  std::vector<double> inducing(model.inducing.values.size());
  assert_int_equal(
      residual_knn_index_points(index, RESIDUAL_KNN_POINT_MAJOR, points.data(), inducing.data()),
      RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
  assert_int_equal(
      residual_knn_index_points(index, RESIDUAL_KNN_POINT_MAJOR, points.data(), nullptr),
      RESIDUAL_KNN_OK);
  for (size_t i = 0; i < points.size(); ++i) {
    assert_true(std::abs(points[i] - model.points.values[i]) < 1e-12);
  }
  residual_knn_model_options found = ModelOptions();
  assert_int_equal(residual_knn_index_model(index, &found, nullptr), RESIDUAL_KNN_OK);
  assert_true(found.nugget == 0 && found.jitter == 0);
  assert_int_equal(InfoOf(SavedAndRead(index, true).get()).given_factor, 1);
}

void TestCallback(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 40, 5);
  const FactorCopy factor = FactorOf(CreateIndex(model).index.get());
  CheckedCallback callback(model.kernel, model.points, nullptr);
  const CreatedIndex created = CreateIndexFromCallback(factor, callback);
  residual_knn_model_options found = ModelOptions();
  double values[1];
  assert_int_equal(residual_knn_index_model(created.index.get(), &found, nullptr),
                   RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_int_equal(residual_knn_index_points(created.index.get(), 0, values, nullptr),
                   RESIDUAL_KNN_ERROR_UNSUPPORTED);
  assert_int_equal(residual_knn_index_prepare(created.index.get(), nullptr), RESIDUAL_KNN_OK);
}

// The note lasts until another one, also through updates.
void TestNote(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const Model model = PlainModel(random, 40, 5);
  const CreatedIndex created = CreateIndex(model);
  residual_knn_index* const index = created.index.get();
  assert_string_equal(residual_knn_index_note(index), "");
  assert_string_equal(residual_knn_index_note(nullptr), "");
  assert_int_equal(residual_knn_index_set_note(index, "first"), RESIDUAL_KNN_OK);
  const double lengthscale = 0.4;
  assert_int_equal(residual_knn_index_update(index, &lengthscale, 1, nullptr, 0, nullptr),
                   RESIDUAL_KNN_OK);
  assert_string_equal(residual_knn_index_note(index), "first");
  assert_int_equal(residual_knn_index_set_note(index, nullptr), RESIDUAL_KNN_OK);
  assert_string_equal(residual_knn_index_note(SavedAndRead(index, false).get()), "");
}

// A note is UTF-8, also that of a file.
void TestEncodingOfNote(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(PlainModel(random, 40, 5));
  residual_knn_index* const index = created.index.get();
  for (const char* text :
       {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa4\xe2\x84\x93z"}) {
    assert_int_equal(residual_knn_index_set_note(index, text), RESIDUAL_KNN_OK);
    assert_string_equal(residual_knn_index_note(SavedAndRead(index, true).get()), text);
  }
  assert_int_equal(residual_knn_index_set_note(index, "kept"), RESIDUAL_KNN_OK);
  const TestFolder folder;
  const std::string path = folder.File("index");
  assert_int_equal(residual_knn_index_save(index, path.c_str()), RESIDUAL_KNN_OK);
  const Bytes good = ReadBytes(path);
  for (const std::string text :
       {"\x80", "\xe4", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3z", "\xe0\x9f\xbf", "\xe2\x84",
        "\xed\xa0\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5", "\xff"}) {
    assert_int_equal(residual_knn_index_set_note(index, ("abc" + text).c_str()),
                     RESIDUAL_KNN_ERROR_INVALID_ARGUMENT);
    assert_non_null(std::strstr(residual_knn_last_error(), "note is not UTF-8 after 3 bytes"));
    assert_string_equal(residual_knn_index_note(index), "kept");
    Bytes bytes = good;
    const SavedSection section = SectionOf(bytes, "note");
    std::copy(
        text.begin(), text.end(),
        bytes.begin() + static_cast<std::ptrdiff_t>(section.offset + section.size - text.size()));
    SignAgain(bytes);
    WriteBytes(path, bytes);
    for (const Way way : kAllWays) {
      assert_int_equal(ReadIndex(path, way).status, RESIDUAL_KNN_ERROR_CORRUPT);
      assert_non_null(std::strstr(residual_knn_last_error(), "the note, which must be UTF-8"));
    }
  }
  Bytes bytes = good;
  bytes[SectionOf(bytes, "note").offset] = 0;
  SignAgain(bytes);
  WriteBytes(path, bytes);
  assert_int_equal(ReadIndex(path, Way::kLoad).status, RESIDUAL_KNN_ERROR_CORRUPT);
}

// After preparing, a search builds no tree, and has the same answer.
void TestPrepared(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  constexpr int64_t kMany = 20'000;
  Model model = PlainModel(random, kMany, 30);
  model.kernel.lengthscales = {0.05};
  const CreatedIndex plain = CreateIndex(model);
  const CreatedIndex prepared = CreateIndex(model);
  residual_knn_helper_options options = HelperOptions();
  options.threads = 2;
  assert_int_equal(residual_knn_index_prepare(prepared.index.get(), &options), RESIDUAL_KNN_OK);
  const int64_t bytes = InfoOf(prepared.index.get()).bytes;
  assert_true(bytes > InfoOf(plain.index.get()).bytes);
  assert_int_equal(residual_knn_index_prepare(prepared.index.get(), &options), RESIDUAL_KNN_OK);
  assert_int_equal(InfoOf(prepared.index.get()).bytes, bytes);
  for (const QueryKind kind : {QueryKind::kNeighbors, QueryKind::kPredecessors}) {
    const Answer expected = Ask(plain.index.get(), AllRows(kind, kMany, 7));
    const Answer found = Ask(prepared.index.get(), AllRows(kind, kMany, 7));
    assert_true(found.neighbors == expected.neighbors && found.distances == expected.distances);
  }
  // Another search may have added to it only what it makes by sample.
  const IndexHandle again = SavedAndRead(prepared.index.get(), true);
  residual_knn_statistics statistics;
  residual_knn_statistics_init(&statistics, sizeof statistics);
  std::vector<int64_t> rows(static_cast<size_t>(kMany * 3));
  assert_int_equal(residual_knn_predecessors(again.get(), nullptr, kMany, nullptr, 3, rows.data(),
                                             nullptr, &statistics),
                   RESIDUAL_KNN_OK);
  if (statistics.coarse_blocks > 0) assert_true(statistics.tree_seconds < 0.01);
}

void TestBadInput(void** state) {
  Random random(static_cast<const TestRun*>(*state)->seed);
  const CreatedIndex created = CreateIndex(PlainModel(random, 40, 5));
  const residual_knn_index* const index = created.index.get();
  residual_knn_model_options found = ModelOptions();
  const residual_knn_status invalid = RESIDUAL_KNN_ERROR_INVALID_ARGUMENT;
  assert_int_equal(residual_knn_index_model(nullptr, &found, nullptr), invalid);
  assert_int_equal(residual_knn_index_model(index, nullptr, nullptr), invalid);
  found.struct_size = 5;
  assert_int_equal(residual_knn_index_model(index, &found, nullptr), invalid);
  assert_int_equal(residual_knn_index_points(nullptr, 0, nullptr, nullptr), invalid);
  assert_int_equal(residual_knn_index_points(index, 2, nullptr, nullptr), invalid);
  assert_int_equal(residual_knn_index_points(index, 0, nullptr, nullptr), RESIDUAL_KNN_OK);
  assert_int_equal(residual_knn_index_set_note(nullptr, "a"), invalid);
  assert_int_equal(residual_knn_index_prepare(nullptr, nullptr), invalid);
  residual_knn_helper_options options = HelperOptions();
  options.threads = -1;
  assert_int_equal(residual_knn_index_prepare(index, &options), invalid);
  options = HelperOptions();
  options.progress = [](void* /*user*/, int64_t /*done*/, int64_t /*total*/) { return 1; };
  const CreatedIndex many = CreateIndex(PlainModel(random, 20'000, 20));
  assert_int_equal(residual_knn_index_prepare(many.index.get(), &options),
                   RESIDUAL_KNN_ERROR_CANCELLED);
  assert_int_equal(residual_knn_index_prepare(many.index.get(), nullptr), RESIDUAL_KNN_OK);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestContents, &run),
      cmocka_unit_test_prestate(TestGivenFactor, &run),
      cmocka_unit_test_prestate(TestCallback, &run),
      cmocka_unit_test_prestate(TestNote, &run),
      cmocka_unit_test_prestate(TestEncodingOfNote, &run),
      cmocka_unit_test_prestate(TestPrepared, &run),
      cmocka_unit_test_prestate(TestBadInput, &run),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
