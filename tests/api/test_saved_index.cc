// Saved indexes: what is loaded or opened returns the same bytes as the index that was saved, in every function, before and
// after searches and updates, in one process and in several. Golden files of earlier versions are read.
//
//   test_saved_index --write-golden FOLDER   writes the golden file of the present SIMD target
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "support/api_objects.h"
#include "support/random_data.h"
#include "support/random_model.h"
#include "support/saved_file.h"
#include "support/strategy_problem.h"
#include "support/test_run.h"

#include "support/cmocka_in_cxx.h"

namespace residual_knn_test {
namespace {

constexpr int64_t kUsualProblems = 6;
constexpr int64_t kUsualUpdates = 6;
// What residual_knn_info::bytes counts beside the parts of a file.
constexpr int64_t kOfHandle = 4096;

bool Save(const residual_knn_index* index, const std::string& path) {
  return residual_knn_index_save(index, path.c_str()) == RESIDUAL_KNN_OK ||
         Fail(residual_knn_last_error());
}

// Everything but the time. Couplings of blocks are not saved, so `read` may have fewer bytes.
bool HaveSameInfo(const residual_knn_index* read, const residual_knn_index* saved) {
  residual_knn_info left = InfoOf(read);
  residual_knn_info right = InfoOf(saved);
  if (left.bytes > right.bytes || 2 * left.bytes < right.bytes) {
    return Fail("bytes " + std::to_string(left.bytes) + ", not " + std::to_string(right.bytes));
  }
  left.build_seconds = right.build_seconds = 0;
  left.bytes = right.bytes = 0;
  return std::memcmp(&left, &right, sizeof left) == 0 || Fail("the info differs");
}

template <class T>
bool SameBytes(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// The results of all functions that are no plain search.
struct OtherResults {
  std::vector<int64_t> rows;
  std::vector<double> numbers;
  std::string text;
  residual_knn_status first_failure = RESIDUAL_KNN_OK;

  void Note(residual_knn_status status) {
    if (first_failure == RESIDUAL_KNN_OK) first_failure = status;
  }
  [[nodiscard]] bool SameAs(const OtherResults& other) const {
    return first_failure == other.first_failure && SameBytes(rows, other.rows) &&
           SameBytes(numbers, other.numbers) && text == other.text;
  }
};

OtherResults AskOthers(const residual_knn_index* index) {
  OtherResults results;
  const int64_t n = InfoOf(index).n;
  const int32_t k = 3;
  const int64_t count = std::min<int64_t>(n, 50);
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(i * n / count);

  std::vector<int64_t> order(static_cast<size_t>(n));
  results.Note(residual_knn_index_order(index, nullptr, order.data()));
  results.rows.insert(results.rows.end(), order.begin(), order.end());

  for (const int32_t selection : {RESIDUAL_KNN_SELECT_NEAREST, RESIDUAL_KNN_SELECT_CONDITIONAL}) {
    residual_knn_search_options options = SearchOptions();
    options.selection = selection;
    std::vector<int64_t> neighbors(static_cast<size_t>(count * k));
    std::vector<double> distances(neighbors.size());
    results.Note(residual_knn_predecessors(index, rows.data(), count, &options, k, neighbors.data(),
                                           distances.data(), nullptr));
    std::vector<double> weights(neighbors.size());
    std::vector<double> variances(static_cast<size_t>(count));
    residual_knn_weights_options weights_options;
    residual_knn_weights_options_init(&weights_options, sizeof weights_options);
    weights_options.jitter = 1e-6;
    results.Note(residual_knn_weights(index, rows.data(), count, &weights_options, k,
                                      neighbors.data(), weights.data(), variances.data(), nullptr));
    std::vector<double> blocks(static_cast<size_t>(count * (k + 1) * (k + 1)));
    results.Note(residual_knn_covariance_blocks(index, rows.data(), count, nullptr, k,
                                                neighbors.data(), blocks.data()));
    results.rows.insert(results.rows.end(), neighbors.begin(), neighbors.end());
    for (const auto* numbers : {&distances, &weights, &variances, &blocks}) {
      results.numbers.insert(results.numbers.end(), numbers->begin(), numbers->end());
    }
    const int64_t offsets[] = {0, count / 2, count};
    std::vector<int64_t> shared(static_cast<size_t>(2 * k));
    std::vector<double> shared_distances(shared.size());
    results.Note(residual_knn_group_neighbors(index, offsets, 2, rows.data(), &options, k,
                                              shared.data(), shared_distances.data(), nullptr));
    results.rows.insert(results.rows.end(), shared.begin(), shared.end());
    results.numbers.insert(results.numbers.end(), shared_distances.begin(), shared_distances.end());
  }
  const int64_t capacity = count * n;
  std::vector<int64_t> offsets(static_cast<size_t>(count + 1));
  std::vector<int64_t> above(static_cast<size_t>(capacity));
  std::vector<double> distances(above.size());
  results.Note(residual_knn_neighbors_above(index, rows.data(), count, nullptr, 0.5, capacity,
                                            offsets.data(), above.data(), distances.data(),
                                            nullptr));
  results.rows.insert(results.rows.end(), offsets.begin(), offsets.end());
  const auto found = static_cast<std::ptrdiff_t>(offsets.back());
  results.rows.insert(results.rows.end(), above.begin(), above.begin() + found);
  results.numbers.insert(results.numbers.end(), distances.begin(), distances.begin() + found);
  results.text = residual_knn_index_warning(index);
  return results;
}

// All that a test asks of an index, with every strategy and ranking.
class Interview {
 public:
  Interview(const residual_knn_index* index, const std::vector<Question>& questions, uint64_t seed)
      : questions_(questions), seed_(seed), factor_(FactorOf(index)), others_(AskOthers(index)) {
    Go([&](const Question& question, const Manner& manner) {
      answers_.push_back(Ask(index, question, manner));
      return true;
    });
  }

  // `index` gives the same answers; a third of them, drawn by `random`, are asked for.
  [[nodiscard]] bool AgreesWith(const residual_knn_index* index, Random& random) const {
    if (!FactorOf(index).SameAs(factor_)) return Fail("V or p differ");
    size_t next = 0;
    const bool same = Go([&](const Question& question, const Manner& manner) {
      const Answer& expected = answers_[next++];
      return !random.Chance(1.0 / 3) || Ask(index, question, manner).SameAs(expected) ||
             Fail(Describe(question) + ", " + Describe(manner) + ": answers differ");
    });
    return same && (AskOthers(index).SameAs(others_) || Fail("other functions differ"));
  }

 private:
  template <class Each>
  bool Go(const Each& each) const {
    Random random(seed_);
    for (const Question& question : questions_) {
      for (const int32_t strategy : kAllStrategies) {
        for (const int32_t ranking :
             {RESIDUAL_KNN_ABSOLUTE, RESIDUAL_KNN_SIGNED, RESIDUAL_KNN_SCALED_DISTANCE}) {
          Manner manner;
          manner.strategy = strategy;
          manner.ranking = ranking;
          manner.threads = static_cast<int32_t>(random.Integer(1, 3));
          if (!each(question, manner)) return false;
        }
      }
    }
    return true;
  }

  std::vector<Question> questions_;
  uint64_t seed_;
  FactorCopy factor_;
  OtherResults others_;
  std::vector<Answer> answers_;
};

// A file is read in every way, and what was read is saved again: into the same bytes.
bool FileHolds(const TestFolder& folder, const std::string& name, const Interview& interview,
               Random& random) {
  const std::string path = folder.File(name);
  const std::string again = folder.File("again");
  const Bytes bytes = ReadBytes(path);
  for (const Way way : kAllWays) {
    const CreatedIndex read = ReadIndex(path, way);
    if (read.status != RESIDUAL_KNN_OK) return Fail(residual_knn_last_error());
    if (!Save(read.index.get(), again)) return false;
    if (ReadBytes(again) != bytes) return Fail("saved again, the bytes differ");
    if (!interview.AgreesWith(read.index.get(), random))
      return Fail(std::string(NameOf(way)) + " " + name);
  }
  return true;
}

bool ProblemHolds(uint64_t seed, int64_t& trees, int64_t& callbacks) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  const TestFolder folder;
  StrategyProblem problem(seed);
  const residual_knn_index* index = problem.index();
  if (index == nullptr) return true;  // no positive definite matrix
  if (problem.entrance() == Entrance::kCallback) {
    ++callbacks;
    return residual_knn_index_save(index, folder.File("a").c_str()) ==
               RESIDUAL_KNN_ERROR_UNSUPPORTED &&
           folder.Names().empty();
  }
  std::vector<Question> questions = problem.questions();
  if (questions.size() > 2) questions.resize(2);
  const IndexHandle computing = problem.CreateComputing();
  Random random(seed + 1'000'000'007);
  for (const residual_knn_index* each :
       {index, const_cast<const residual_knn_index*>(computing.get())}) {
    if (each == nullptr) continue;
    // As it is made, before any search.
    if (!Save(each, folder.File("new"))) return false;
    const Bytes bytes = ReadBytes(folder.File("new"));
    const residual_knn_info before = InfoOf(each);
    const Interview interview(each, questions, seed);
    // With all that the searches have made.
    if (!Save(each, folder.File("searched"))) return false;
    if (InfoOf(each).bytes > before.bytes &&
        ReadBytes(folder.File("searched")).size() > bytes.size()) {
      ++trees;
    }
    if (!FileHolds(folder, "new", interview, random) ||
        !FileHolds(folder, "searched", interview, random)) {
      return Fail(seed, problem.description());
    }
    if (folder.Names() != std::vector<std::string>{"again", "new", "searched"}) {
      return Fail(seed, "other files are left");
    }
  }
  return true;
}

void TestSameBytes(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  int64_t trees = 0;
  int64_t callbacks = 0;
  assert_true(SeedsHold(run, kUsualProblems,
                        [&](uint64_t seed) { return ProblemHolds(seed, trees, callbacks); }));
  std::printf("%lld files with what searches made, %lld callbacks\n", static_cast<long long>(trees),
              static_cast<long long>(callbacks));
  assert_true(!run.HasUsualCases(kUsualProblems) || (trees > 2));
}

residual_knn_status Update(residual_knn_index* index, const Model& model, bool new_inducing) {
  const residual_knn_model_options options = ModelOptions(model, RESIDUAL_KNN_POINT_MAJOR, 2);
  return residual_knn_index_update(index, model.kernel.lengthscales.data(),
                                   static_cast<int64_t>(model.kernel.lengthscales.size()),
                                   new_inducing ? model.inducing.values.data() : nullptr,
                                   model.inducing.n, &options);
}

// Kernels of all families; the index is read, and then updated like the one that was saved.
bool UpdateHolds(uint64_t seed) {
  Random random(seed);
  const TestFolder folder;
  RandomModel drawn = DrawModel(random);
  Model& model = drawn.model;
  model.kernel.family = static_cast<int32_t>(seed % kNumFamilies);
  model.jitter = 1e-4;
  model.factor_storage =
      random.Chance(0.5) ? RESIDUAL_KNN_FACTOR_STORED : RESIDUAL_KNN_FACTOR_COMPUTED;
  if (model.inducing.n == 0) model.inducing = RandomRowsOf(random, model.points, 3);
  const CreatedIndex created = CreateIndex(model);
  if (created.status != RESIDUAL_KNN_OK) return true;
  residual_knn_index* const index = created.index.get();
  std::vector<Question> questions = {DrawQuestion(random, drawn), DrawQuestion(random, drawn)};
  const Interview before(index, questions, seed);
  if (!Save(index, folder.File("before"))) return false;
  std::vector<CreatedIndex> read;
  for (const Way way : kAllWays) read.push_back(ReadIndex(folder.File("before"), way));

  for (double& lengthscale : model.kernel.lengthscales) lengthscale *= random.Uniform(0.7, 1.3);
  const bool new_inducing = random.Chance(0.5);
  if (new_inducing) model.inducing = RandomRowsOf(random, model.points, random.Integer(1, 30));
  const residual_knn_status status = Update(index, model, new_inducing);
  for (const CreatedIndex& each : read) {
    if (each.status != RESIDUAL_KNN_OK) return Fail(seed, "not read");
    if (Update(each.index.get(), model, new_inducing) != status) return Fail(seed, "other status");
  }
  if (status != RESIDUAL_KNN_OK) return true;
  // The orders of the trees are kept for new trees.
  if (!Save(index, folder.File("updated"))) return false;
  const Interview after(index, questions, seed);
  for (const CreatedIndex& each : read) {
    if (!Save(each.index.get(), folder.File("updated-copy"))) return false;
    if (ReadBytes(folder.File("updated")) != ReadBytes(folder.File("updated-copy"))) {
      return Fail(seed, "files of updated indexes differ");
    }
    if (!after.AgreesWith(each.index.get(), random)) return Fail(seed, drawn.description);
  }
  // The update has not changed the file.
  return (FileHolds(folder, "updated", after, random) &&
          FileHolds(folder, "before", before, random)) ||
         Fail(seed, drawn.description);
}

void TestUpdates(void** state) {
  const TestRun& run = *static_cast<const TestRun*>(*state);
  assert_true(SeedsHold(run, kUsualUpdates, UpdateHolds));
}

Model LargeModel(uint64_t seed, int64_t n) {
  Random random(seed);
  Model model = PlainModel(random, n, 24);
  model.kernel.lengthscales = {0.2};
  return model;
}

// The file has parts of more than 1 MiB, whose checksums are not tested when it is opened.
void TestLargeParts(void** /*state*/) {
  const TestFolder folder;
  const CreatedIndex created = CreateIndex(LargeModel(5, 20'000));
  assert_int_equal(created.status, RESIDUAL_KNN_OK);
  Manner manner;
  manner.strategy = RESIDUAL_KNN_DUAL_TREE;
  const Question question = EveryRow(QueryKind::kPredecessors, 20'000, 13, 5);
  const Answer expected = Ask(created.index.get(), question, manner);
  const std::string path = folder.File("large");
  assert_true(Save(created.index.get(), path));
  for (const Way way : kAllWays) {
    const CreatedIndex read = ReadIndex(path, way);
    assert_int_equal(read.status, RESIDUAL_KNN_OK);
    assert_true(HaveSameInfo(read.index.get(), created.index.get()));
    const Answer answer = Ask(read.index.get(), question, manner);
    assert_true(answer.SameAs(expected));
    assert_true(answer.statistics.tree_seconds < 0.1 * expected.statistics.tree_seconds);
  }
  Bytes bytes = ReadBytes(path);
  const SavedSection v = SectionOf(bytes, "model/v");
  assert_true(v.size > 1 << 20);
  bytes[v.offset + v.size / 2] ^= 1;
  WriteBytes(path, bytes);
  assert_int_equal(ReadIndex(path, Way::kLoad).status, RESIDUAL_KNN_ERROR_CORRUPT);
  assert_int_equal(ReadIndex(path, Way::kOpenAndVerify).status, RESIDUAL_KNN_ERROR_CORRUPT);
  assert_int_equal(ReadIndex(path, Way::kOpen).status, RESIDUAL_KNN_OK);
}

// A file that is replaced or deleted does not change an index that has it open.
void TestReplaced(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("index");
  const Question question = AllRows(QueryKind::kNeighbors, 3000, 4);
  const CreatedIndex one = CreateIndex(LargeModel(1, 3000));
  const CreatedIndex two = CreateIndex(LargeModel(2, 3000));
  const Answer of_one = Ask(one.index.get(), question);
  const Answer of_two = Ask(two.index.get(), question);
  assert_false(of_one.SameAs(of_two));
  assert_true(Save(one.index.get(), path));
  const CreatedIndex opened = ReadIndex(path, Way::kOpen);
  assert_true(Save(two.index.get(), path));
  const CreatedIndex next = ReadIndex(path, Way::kOpen);
  assert_true(Ask(opened.index.get(), question).SameAs(of_one));
  assert_true(Ask(next.index.get(), question).SameAs(of_two));
  // An index that is open can be saved over its own file.
  assert_true(Save(opened.index.get(), path));
  assert_true(Ask(ReadIndex(path, Way::kLoad).index.get(), question).SameAs(of_one));
  std::filesystem::remove(path);
  assert_true(Ask(next.index.get(), question).SameAs(of_two));
  assert_true(folder.Names().empty());
}

// A link is followed: the file that it names is replaced.
void TestLinks(void** /*state*/) {
  const TestFolder folder;
  const CreatedIndex created = CreateIndex(LargeModel(1, 100));
  WriteBytes(folder.File("real"), {1, 2, 3});
  std::filesystem::create_symlink("real", folder.File("link"));
  assert_true(Save(created.index.get(), folder.File("link")));
  assert_true(std::filesystem::is_symlink(folder.File("link")));
  assert_false(std::filesystem::is_symlink(folder.File("real")));
  assert_int_equal(ReadIndex(folder.File("real"), Way::kLoad).status, RESIDUAL_KNN_OK);
  assert_int_equal(ReadIndex(folder.File("link"), Way::kOpen).status, RESIDUAL_KNN_OK);
  // A chain of links, to files that exist and to one that does not, relative to the folders of the links.
  std::filesystem::create_directory(folder.File("a"));
  std::filesystem::create_directory(folder.File("a/b"));
  std::filesystem::create_directory_symlink("a/b", folder.File("c"));
  std::filesystem::create_symlink("../link", folder.File("a/b/old"));  // to a/link, which follows
  std::filesystem::create_symlink(folder.File("real"), folder.File("a/link"));
  std::filesystem::create_symlink("../new", folder.File("a/b/young"));
  for (const auto& [link, target] :
       {std::pair{"c/old", "real"}, {"c/young", "a/new"}, {"c/young", "a/new"}}) {
    assert_true(Save(created.index.get(), folder.File(link)));
    assert_true(std::filesystem::is_symlink(folder.File(link)));
    assert_true(std::filesystem::is_regular_file(folder.File(target)));
    assert_false(std::filesystem::is_symlink(folder.File(target)));
    assert_int_equal(ReadIndex(folder.File(link), Way::kLoad).status, RESIDUAL_KNN_OK);
  }
  std::filesystem::create_symlink("nowhere/file", folder.File("dangling"));
  std::filesystem::create_symlink("ring", folder.File("ring"));
  for (const char* link : {"dangling", "ring"}) {
    assert_int_equal(residual_knn_index_save(created.index.get(), folder.File(link).c_str()),
                     RESIDUAL_KNN_ERROR_FILE);
    assert_true(std::filesystem::is_symlink(folder.File(link)));
  }
  std::filesystem::remove_all(folder.File("a"));
  for (const char* name : {"c", "dangling", "ring"}) std::filesystem::remove(folder.File(name));
  // A name without a folder, and a long one.
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  assert_true(Save(created.index.get(), "plain"));
  assert_true(Save(created.index.get(), std::string(255, 'x')));
  assert_int_equal(ReadIndex("plain", Way::kLoad).status, RESIDUAL_KNN_OK);
  std::filesystem::current_path(before);
  assert_int_equal(folder.Names().size(), 4);
}

int Child(const std::function<bool()>& holds) {
  const pid_t child = fork();
  if (child == 0) _exit(holds() ? 0 : 1);
  int status = 1;
  waitpid(child, &status, 0);
  return status;
}

// Threads and processes search one file at once, and save the index meanwhile.
void TestShared(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("index");
  const Question question = AllRows(QueryKind::kNeighbors, 4000, 4);
  const CreatedIndex created = CreateIndex(LargeModel(3, 4000));
  Manner tree;
  tree.strategy = RESIDUAL_KNN_DUAL_TREE;
  assert_true(Save(created.index.get(), path));
  const Answer expected = Ask(created.index.get(), question, tree);
  const auto search = [&](const residual_knn_index* index, const std::string& copy) {
    for (const int32_t strategy : {RESIDUAL_KNN_DUAL_TREE, RESIDUAL_KNN_BRUTE_FORCE}) {
      Manner manner;
      manner.strategy = strategy;
      if (!Ask(index, question, manner).SameAs(expected) || !Save(index, copy) ||
          !Ask(ReadIndex(copy, Way::kOpen).index.get(), question, manner).SameAs(expected)) {
        return false;
      }
    }
    return true;
  };
  const CreatedIndex opened = ReadIndex(path, Way::kOpen);
  std::vector<char> holds(4, 0);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < holds.size(); ++i) {
    threads.emplace_back([&, i] {
      holds[i] = search(opened.index.get(), folder.File("copy" + std::to_string(i))) ? 1 : 0;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const char each : holds) assert_true(each != 0);
  // A forked child inherits the index, and other processes open the file.
  assert_int_equal(Child([&] { return search(opened.index.get(), folder.File("child")); }), 0);
  assert_int_equal(Child([&] {
                     const CreatedIndex own = ReadIndex(path, Way::kOpen);
                     return search(own.index.get(), folder.File("child"));
                   }),
                   0);
}

int32_t CountLooks(void* user, int64_t done, int64_t total) {
  auto& looks = *static_cast<std::vector<int64_t>*>(user);
  looks.push_back(done);
  return total < 1 || done > total ? 1 : 0;
}
int32_t Cancel(void* /*user*/, int64_t /*done*/, int64_t /*total*/) { return 1; }

void TestOptions(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("index");
  Model model = LargeModel(4, 2000);
  const CreatedIndex created = CreateIndex(model);
  assert_true(Save(created.index.get(), path));
  for (const auto& read : {residual_knn_index_load, residual_knn_index_open}) {
    residual_knn_index* index = nullptr;
    residual_knn_load_options options = LoadOptions();
    std::vector<int64_t> looks;
    options.progress = CountLooks;
    options.progress_user = &looks;
    assert_int_equal(read(path.c_str(), &options, &index), RESIDUAL_KNN_OK);
    assert_true(!looks.empty());
    residual_knn_index_free(index);
    index = nullptr;
    options.progress = Cancel;
    assert_int_equal(read(path.c_str(), &options, &index), RESIDUAL_KNN_ERROR_CANCELLED);
    assert_null(index);
    options = LoadOptions();
    options.max_bytes = 100'000;
    assert_int_equal(read(path.c_str(), &options, &index), RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
    assert_non_null(std::strstr(residual_knn_last_error(), "max_bytes is 100000"));
    assert_null(index);
    // No room for trees.
    options.max_bytes = InfoOf(created.index.get()).bytes + 2000 * 32;
    assert_int_equal(read(path.c_str(), &options, &index), RESIDUAL_KNN_OK);
    Manner manner;
    manner.strategy = RESIDUAL_KNN_BEST_FIRST;
    const Question question = AllRows(QueryKind::kNeighbors, 2000, 3);
    assert_int_not_equal(Ask(index, question, manner).status, RESIDUAL_KNN_OK);
    assert_int_equal(Ask(index, question).status, RESIDUAL_KNN_OK);
    residual_knn_index_free(index);
  }
}

// The bytes of the sections of a file whose names begin and end so.
int64_t BytesOf(const std::string& path, const std::string& start, const std::string& end) {
  Bytes bytes = ReadBytes(path);
  int64_t sum = 0;
  for (const SavedSection& section : SectionsOf(bytes)) {
    if (section.name.starts_with(start) && section.name.ends_with(end)) {
      sum += static_cast<int64_t>(section.size);
    }
  }
  return sum;
}

// With a limit, the parts of a file that have room are used, and the answers are the same. V is left out before trees.
void TestLimits(void** /*state*/) {
  const TestFolder folder;
  const int64_t n = 6000;
  const CreatedIndex created = CreateIndex(LargeModel(6, n));
  const Question question = AllRows(QueryKind::kPredecessors, n, 5);
  Manner tree;
  tree.strategy = RESIDUAL_KNN_DUAL_TREE;
  const Answer expected = Ask(created.index.get(), question, tree);
  const std::string path = folder.File("index");
  const std::string again = folder.File("again");
  Manner scan;
  scan.strategy = RESIDUAL_KNN_BRUTE_FORCE;
  assert_true(Ask(created.index.get(), question, scan).SameAs(expected));
  assert_true(Save(created.index.get(), path));
  const int64_t v = BytesOf(path, "model/", "/v");
  const int64_t single = BytesOf(path, "tree/", "/v32");
  const int64_t trees = BytesOf(path, "tree/", "");
  const int64_t integers = BytesOf(path, "scan/v", "");
  const int64_t model = BytesOf(path, "model/", "") - v + n * 32;
  const int64_t couplings = 64 * n;  // at most, without V
  assert_true(v > 0 && single > 0 && trees > 2 * single && integers > 0);

  struct Expected {
    int64_t max_bytes;
    bool stores_v;
    bool has_tree;
  };
  const Expected limits[] = {
      {model + trees + integers + v + 24 * 4 * n, true, true},
      {model + trees + integers + couplings + v / 2, false, true},
      {model + trees + couplings + integers / 2, false, true},
      {model + trees + couplings - single, false, true},
      {model + trees - single - 1000, false, false},
      {model, false, false},
  };
  for (const Way way : kAllWays) {
    for (const Expected& limit : limits) {
      const CreatedIndex read = ReadIndex(path, way, limit.max_bytes);
      assert_int_equal(read.status, RESIDUAL_KNN_OK);
      residual_knn_model_options options;
      residual_knn_model_options_init(&options, sizeof options);
      assert_int_equal(residual_knn_index_model(read.index.get(), &options, nullptr),
                       RESIDUAL_KNN_OK);
      assert_int_equal(options.factor_storage,
                       limit.stores_v ? RESIDUAL_KNN_FACTOR_STORED : RESIDUAL_KNN_FACTOR_COMPUTED);
      const Answer answer = Ask(read.index.get(), question, tree);
      assert_int_equal(answer.status,
                       limit.has_tree ? RESIDUAL_KNN_OK : RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
      if (limit.has_tree) {
        assert_true(answer.SameAs(expected));
        assert_true(answer.statistics.tree_seconds < 0.1 * expected.statistics.tree_seconds);
      }
      assert_true(Ask(read.index.get(), question, scan).SameAs(expected));
      assert_true(InfoOf(read.index.get()).bytes <= limit.max_bytes + kOfHandle);
      // What was left out is not saved again.
      assert_true(Save(read.index.get(), again));
      const CreatedIndex copy = ReadIndex(again, way);
      assert_int_equal(copy.status, RESIDUAL_KNN_OK);
      assert_true(Ask(copy.index.get(), question, tree).SameAs(expected));
      assert_true(Ask(copy.index.get(), question, scan).SameAs(expected));
    }
    assert_int_equal(ReadIndex(path, way, model - 1000).status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
    assert_non_null(std::strstr(residual_knn_last_error(), "but the index needs"));
    assert_non_null(std::strstr(residual_knn_last_error(), "without V"));
  }
}

// Tables of the kernel, which no file has, count too.
void TestLimitCountsKernel(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("index");
  Model model = LargeModel(7, 300);
  model.kernel.family = RESIDUAL_KNN_MATERN;
  for (const double nu : {1.5, 1e-3, 1.2, 50.0}) {
    model.kernel.nu = nu;
    assert_true(Save(CreateIndex(model).index.get(), path));
    for (const Way way : kAllWays) {
      assert_int_equal(ReadIndex(path, way, 1).status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
      const int64_t needed = NumberInErrorAfter("the index needs ");
      assert_int_equal(ReadIndex(path, way, needed - 1).status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
      const CreatedIndex read = ReadIndex(path, way, needed);
      assert_int_equal(read.status, RESIDUAL_KNN_OK);
      assert_true(InfoOf(read.index.get()).bytes <= needed);
    }
  }
}

// V that the caller gave cannot be computed: without room for it, the file cannot be used.
void TestLimitOfGivenFactor(void** /*state*/) {
  const TestFolder folder;
  const std::string path = folder.File("given");
  const int64_t n = 3000;
  const int64_t m = 8;
  const std::vector<double> points(static_cast<size_t>(n), 0.5);
  const std::vector<double> factor(static_cast<size_t>(n * m), 0.1);
  const std::vector<double> variance(static_cast<size_t>(n), 0.5);
  const double lengthscale = 1;
  residual_knn_index* index = nullptr;
  assert_int_equal(
      residual_knn_index_create_from_factor(factor.data(), m, variance.data(), points.data(), n, 1,
                                            &lengthscale, 1, nullptr, &index),
      RESIDUAL_KNN_OK);
  CreatedIndex created;
  created.index.reset(index);
  assert_true(Save(index, path));
  const int64_t model = BytesOf(path, "model/", "") + n * 32;
  for (const Way way : kAllWays) {
    assert_int_equal(ReadIndex(path, way, model).status, RESIDUAL_KNN_OK);
    assert_int_equal(ReadIndex(path, way, model - 1000).status, RESIDUAL_KNN_ERROR_OUT_OF_MEMORY);
    assert_non_null(std::strstr(residual_knn_last_error(), "with V"));
  }
}

// ---- golden files

// Numbers that every machine computes alike.
Model GoldenModel() {
  Model model;
  model.kernel.lengthscales = {0.5, 0.25};
  model.kernel.family = RESIDUAL_KNN_MATERN32;
  model.nugget = 0.125;
  model.points = {300, 2, {}};
  uint64_t state = 1;
  for (int64_t i = 0; i < 600; ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    model.points.values.push_back(static_cast<double>(state >> 44) * 0x1p-20);
  }
  model.inducing = {8, 2, {model.points.values.begin(), model.points.values.begin() + 16}};
  return model;
}

Answer AskGolden(const residual_knn_index* index, int32_t strategy) {
  Manner manner;
  manner.strategy = strategy;
  return Ask(index, AllRows(QueryKind::kPredecessors, 300, 5), manner);
}

int WriteGolden(const std::string& folder) {
  const CreatedIndex created = CreateIndex(GoldenModel());
  AskGolden(created.index.get(), RESIDUAL_KNN_DUAL_TREE);
  AskGolden(created.index.get(), RESIDUAL_KNN_BRUTE_FORCE);
  const std::string path = folder + "/format1-" + residual_knn_simd_target() + ".rknn";
  if (!Save(created.index.get(), path)) return 1;
  std::printf("%s\n", path.c_str());
  return 0;
}

// The files of targets with the bits of the present one are read. All others are refused.
void TestGolden(void** /*state*/) {
  int read = 0;
  int refused = 0;
  const CreatedIndex created = CreateIndex(GoldenModel());
  const Answer expected = AskGolden(created.index.get(), RESIDUAL_KNN_BRUTE_FORCE);
  for (const auto& entry : std::filesystem::directory_iterator(RESIDUAL_KNN_GOLDEN_DIR)) {
    if (entry.path().extension() != ".rknn") continue;
    for (const Way way : kAllWays) {
      const CreatedIndex golden = ReadIndex(entry.path().string(), way);
      if (golden.status == RESIDUAL_KNN_ERROR_OTHER_TARGET) {
        ++refused;
        assert_non_null(std::strstr(residual_knn_last_error(), residual_knn_simd_target()));
        continue;
      }
      assert_int_equal(golden.status, RESIDUAL_KNN_OK);
      ++read;
      for (const int32_t strategy : kAllStrategies) {
        const Answer answer = AskGolden(golden.index.get(), strategy);
        assert_int_equal(answer.status, RESIDUAL_KNN_OK);
        // Versions may differ in the last bits of V. The neighbors of these points do not.
        assert_true(answer.neighbors == expected.neighbors);
        for (size_t i = 0; i < answer.distances.size(); ++i) {
          assert_true(answer.distances[i] == expected.distances[i] ||
                      std::abs(answer.distances[i] - expected.distances[i]) < 1e-10);
        }
      }
    }
  }
  std::printf("golden files: read %d, refused %d, target %s\n", read, refused,
              residual_knn_simd_target());
  assert_true(read + refused >= 12);
}

}  // namespace
}  // namespace residual_knn_test

int main(int argc, char** argv) {
  using namespace residual_knn_test;
  if (argc == 3 && std::strcmp(argv[1], "--write-golden") == 0) return WriteGolden(argv[2]);
  TestRun run = ParseTestRun(argc, argv);
  const CMUnitTest tests[] = {
      cmocka_unit_test_prestate(TestSameBytes, &run),
      cmocka_unit_test_prestate(TestUpdates, &run),
      cmocka_unit_test(TestLargeParts),
      cmocka_unit_test(TestReplaced),
      cmocka_unit_test(TestLinks),
      cmocka_unit_test(TestShared),
      cmocka_unit_test(TestOptions),
      cmocka_unit_test(TestLimits),
      cmocka_unit_test(TestLimitCountsKernel),
      cmocka_unit_test(TestLimitOfGivenFactor),
      cmocka_unit_test(TestGolden),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
