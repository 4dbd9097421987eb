// residual-knn-bench: measures the speed, recall and memory of searches, and compares them with the bare matrix
// product. Of the library it uses the public header, and parallel/threads.h for the default number of threads.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "comparison.h"
#include "gemm_baseline.h"
#include "growth.h"
#include "measurement.h"
#include "orderings.h"
#include "parallel/threads.h"
#include "report.h"
#include "strategies.h"
#include "updates.h"
#include "warm.h"
#include "workload_catalog.h"

namespace residual_knn::bench {
namespace {

struct Arguments {
  bool list = false;
  bool growth = false;
  bool updates = false;
  bool warm = false;
  bool computes_factor = false;
  bool orderings = false;
  std::vector<std::string> workloads;
  std::vector<std::string> strategies = {"all"};
  std::vector<int32_t> threads;
  std::vector<int64_t> sizes;
  std::string json;
  std::string shared_directory = RESIDUAL_KNN_BENCH_SHARED_DIR;
  MeasurementOptions measurement;
};

void PrintList() {
  std::cout << "Workloads (all: those marked *):\n";
  for (const WorkloadEntry& entry : WorkloadEntries()) {
    std::cout << (entry.standard ? " * " : "   ") << entry.name << ": " << entry.summary << '\n';
  }
  std::cout << "Strategies:\n";
  for (const Strategy& strategy : Strategies()) {
    std::cout << "   " << strategy.name << ": " << strategy.summary << '\n';
  }
}

// The entries with these names. Throws CLI::ValidationError for an unknown name.
std::vector<const WorkloadEntry*> SelectWorkloads(const std::vector<std::string>& names) {
  std::vector<const WorkloadEntry*> selected;
  for (const std::string& name : names) {
    if (name == "all") {
      for (const WorkloadEntry& entry : WorkloadEntries()) {
        if (entry.standard) selected.push_back(&entry);
      }
    } else if (const WorkloadEntry* entry = FindWorkload(name)) {
      selected.push_back(entry);
    } else {
      throw CLI::ValidationError("--workload", "no workload '" + name + "'; --list shows them");
    }
  }
  return selected;
}

std::vector<const Strategy*> SelectStrategies(const std::vector<std::string>& names) {
  std::vector<const Strategy*> selected;
  for (const std::string& name : names) {
    if (name == "all") {
      for (const Strategy& strategy : Strategies()) selected.push_back(&strategy);
    } else if (const Strategy* strategy = FindStrategy(name)) {
      selected.push_back(strategy);
    } else {
      throw CLI::ValidationError("--strategies", "no strategy '" + name + "'; --list shows them");
    }
  }
  return selected;
}

// Collects rows, prints each row at once, and keeps the JSON file complete.
class Results {
 public:
  explicit Results(std::string json_path) : json_path_(std::move(json_path)) { Write(); }

  void Add(Measurement row) {
    PrintRow(std::cout, row);
    json_.push_back(ToJson(row));
    rows_.push_back(std::move(row));
    Write();
  }

  void Add(const MissingRow& row) {
    PrintRow(std::cout, row);
    json_.push_back(ToJson(row));
    Write();
  }

  const std::vector<Measurement>& rows() const { return rows_; }

 private:
  void Write() const {
    if (!json_path_.empty()) WriteJson(json_path_, json_);
  }

  std::string json_path_;
  nlohmann::ordered_json json_ = nlohmann::ordered_json::array();
  std::vector<Measurement> rows_;
};

// Returns the exit status: 0 if something ran and nothing failed. Absent data is not a failure.
int Run(const Arguments& arguments, const std::vector<const WorkloadEntry*>& workloads,
        const std::vector<const Strategy*>& strategies) {
  Results results(arguments.json);
  bool failed = false;
  const bool measures = !arguments.updates && !arguments.orderings && !arguments.warm;
  if (measures) PrintHeader(std::cout);
  for (const WorkloadEntry* entry : workloads) {
    for (const int64_t n : arguments.sizes) {
      try {
        const int32_t most_threads =
            *std::max_element(arguments.threads.begin(), arguments.threads.end());
        Workload workload = entry->make({n, arguments.shared_directory, most_threads});
        if (arguments.computes_factor) workload.factor_storage = RESIDUAL_KNN_FACTOR_COMPUTED;
        if (arguments.updates || arguments.orderings) {
          const auto print = arguments.updates ? PrintUpdates : PrintOrderings;
          for (const int32_t threads : arguments.threads) {
            print(std::cout, workload, threads, arguments.measurement.repeats);
          }
          continue;
        }
        if (arguments.warm) {
          for (const int32_t threads : arguments.threads) {
            for (const Strategy* strategy : strategies) {
              PrintWarmStarts(std::cout, workload, *strategy, threads,
                              arguments.measurement.repeats);
            }
          }
          continue;
        }
        WorkloadBench bench(std::move(workload), arguments.measurement);
        for (const int32_t threads : arguments.threads) {
          for (const Strategy* strategy : strategies) {
            std::cerr << "measuring " << entry->name << ", " << strategy->name << ", " << threads
                      << " thread(s)" << std::endl;
            results.Add(bench.Measure(*strategy, threads));
          }
        }
      } catch (const MissingData& missing) {
        results.Add(MissingRow{std::string(entry->name), false, missing.what()});
      } catch (const std::exception& error) {
        failed = true;
        results.Add(MissingRow{std::string(entry->name), true, error.what()});
      }
    }
  }
  if (!measures) return failed ? 1 : 0;
  PrintComparison(std::cout, results.rows());
  PrintGrowth(std::cout, results.rows());
  if (results.rows().empty()) std::cerr << "residual-knn-bench: nothing could be measured\n";
  return failed || results.rows().empty() ? 1 : 0;
}

void AskForGrowth(const CLI::App& app, Arguments* arguments) {
  arguments->workloads = {"growth"};
  if (app.count("--strategies") == 0) arguments->strategies = {"automatic"};
  if (arguments->sizes.empty()) {
    arguments->sizes = {32000, 64000, 125000, 250000, 500000, 1000000};
  }
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Measures the speed, recall and memory of residual-correlation neighbor searches, and "
      "compares them with the bare matrix product.");
  app.add_flag("--list", arguments.list, "Show the workloads and the strategies");
  CLI::Option* workload =
      app.add_option("--workload", arguments.workloads, "Workloads to run, or all")->delimiter(',');
  app.add_flag(
         "--growth", arguments.growth,
         "The workload growth for n from 32,000 to 1,000,000 (or the numbers of --n): shows how "
         "the time per row grows. Strategy automatic, unless --strategies is given")
      ->excludes(workload);
  CLI::Option* updates = app.add_flag(
      "--updates", arguments.updates,
      "Measures the update of an index and the creation of a new index instead of searches; "
      "median of --repeats steps");
  CLI::Option* orderings =
      app.add_flag("--orderings", arguments.orderings,
                   "Measures the maximin orders in scaled and in residual distance instead of "
                   "searches; median of --repeats calls")
          ->excludes(updates);
  app.add_flag("--warm", arguments.warm,
               "Compares searches with and without start lists after a step of the lengthscales of "
               "one percent; median of --repeats searches. Strategy automatic, unless --strategies "
               "is given")
      ->excludes(orderings)
      ->excludes(updates);
  app.add_option("--strategies", arguments.strategies, "Strategies to run, or all")
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("--threads", arguments.threads,
                 "Thread counts for the search and for the bare products; default: one for each "
                 "processor that this process may use")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024));
  app.add_option("--n", arguments.sizes,
                 "Numbers of points instead of the workload's own; with several, the growth of the "
                 "time per row is shown")
      ->delimiter(',')
      ->check(CLI::Range(int64_t{2}, int64_t{1} << 31));
  app.add_flag("--computed-factor", arguments.computes_factor,
               "The index does not store V: searches compute the rows that they need");
  app.add_option("--json", arguments.json, "File for the rows as a JSON list");
  app.add_option("--repeats", arguments.measurement.repeats,
                 "Repeats of each search; the median is reported")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--budget", arguments.measurement.budget_seconds,
                 "Seconds of searching after which a row is not repeated")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--limit", arguments.measurement.limit_seconds,
                 "Expected seconds beyond which only a sample of the queries is searched")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sample-rows", arguments.measurement.sample_rows,
                 "Search only this number of random queries of the job")
      ->check(CLI::PositiveNumber);
  app.add_option("--sample", arguments.measurement.recall_rows,
                 "Queries whose answer is checked; default: the workload's own number")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--shared", arguments.shared_directory, "Folder with the reference data")
      ->capture_default_str();

  std::vector<const WorkloadEntry*> workloads;
  std::vector<const Strategy*> strategies;
  try {
    app.parse(argc, argv);
    if (arguments.growth) AskForGrowth(app, &arguments);
    if (arguments.warm && app.count("--strategies") == 0) arguments.strategies = {"automatic"};
    workloads = SelectWorkloads(arguments.workloads);
    strategies = SelectStrategies(arguments.strategies);
    if (workloads.empty() && !arguments.list) {
      throw CLI::RequiredError("--workload (or --growth, --list)");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  if (arguments.list) {
    PrintList();
    return 0;
  }
  if (arguments.threads.empty()) {
    arguments.threads = {ResolveThreads(0)};
  }
  if (arguments.sizes.empty()) arguments.sizes = {0};
  return Run(arguments, workloads, strategies);
}

}  // namespace
}  // namespace residual_knn::bench

int main(int argc, char** argv) {
  residual_knn::bench::UseKernelsOfLibrary(argv);
  try {
    return residual_knn::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "residual-knn-bench: %s\n", error.what());
    return 1;
  }
}
