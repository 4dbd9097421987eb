// The program residual-knn: reads points from files and writes their nearest neighbors under the residual-correlation
// distance to files.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <csignal>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "residual_knn.h"
#include "tools/cell_location.h"
#include "tools/index_command.h"
#include "tools/info_command.h"
#include "tools/messages.h"
#include "tools/neighbors_command.h"
#include "tools/neighbors_options.h"
#include "tools/output_set.h"
#include "tools/partners.h"
#include "tools/saving_options.h"
#include "tools/suggestion.h"

namespace {

constexpr int kFailure = 1;
constexpr int kWrongUse = 2;

// Replaces closed standard streams. Otherwise the next opened file would get the number of a closed stream, and output
// for the stream would go to that file. Reading from or writing to a replacement fails.
void FillStandardStreams() {
  for (int descriptor = 0; descriptor <= 2; ++descriptor) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    const int mode = descriptor == 0 ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", mode) != descriptor) _exit(kFailure);
  }
}

int Fail(std::string_view message, int exit_code) {
  if (residual_knn::cli::ReportsFailure(message)) {
    residual_knn::cli::WriteMessageLine("error: " + std::string(message));
  }
  return exit_code;
}

void Print(const std::string& text) {
  residual_knn::cli::OutputSet outputs;
  outputs.Open("-").Write(text);
  outputs.Publish();
}

std::vector<std::string> OptionNames(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// Describes an unexpected argument: an option, a subcommand or one file too many.
std::string DescribeUnexpected(const CLI::App& app) {
  using residual_knn::cli::DidYouMean;
  const std::vector<std::string> rest = app.remaining(true);
  if (rest.empty()) return "unexpected arguments";
  const std::vector<CLI::App*> subcommands = app.get_subcommands();
  if (subcommands.empty() && !rest.front().starts_with('-')) {
    const std::string& typed = rest.front();
    const std::vector<std::string> known = {"neighbors", "index", "info"};
    return "unknown subcommand " + residual_knn::Quoted(typed) +
           "; the subcommands are neighbors, index and info" +
           (typed == "help" ? "; did you mean '--help'?" : DidYouMean(typed, known));
  }
  const auto option = std::find_if(rest.begin(), rest.end(),
                                   [](const std::string& text) { return text.starts_with('-'); });
  if (option != rest.end()) {
    const std::string name = option->substr(0, option->find('='));
    const CLI::App& command = subcommands.empty() ? app : *subcommands.front();
    return "unknown option " + name + DidYouMean(name, OptionNames(command)) + " (" +
           command.get_name() + " --help lists all)";
  }
  if (!subcommands.empty() && subcommands.front()->get_name() == "info") {
    return "unexpected argument " + residual_knn::Quoted(rest.front()) +
           ": info takes one index at most";
  }
  return "unexpected argument " + residual_knn::Quoted(rest.front()) +
         ": POINTS is one file, and a value must follow its option";
}

int Run(int argc, char** argv) {
  using namespace residual_knn::cli;
  CLI::App app("Nearest neighbors under the residual-correlation distance.", "residual-knn");
  app.set_version_flag("--version", "residual-knn " + std::string(residual_knn_version()),
                       "Print the version and exit");
  app.require_subcommand(0, 1);  // not 1: the error would not name a misspelled subcommand
  NeighborsOptions options;
  CLI::App* neighbors = app.add_subcommand("neighbors");
  AddNeighborsOptions(*neighbors, &options);
  SavingOptions saving_options;
  CLI::App* index = app.add_subcommand("index");
  AddSavingOptions(*index, &saving_options);
  InfoOptions info_options;
  CLI::App* info = app.add_subcommand("info");
  AddInfoOptions(*info, &info_options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    Print(app.help());
    return 0;
  } catch (const CLI::CallForVersion& version) {
    Print(std::string(version.what()) + "\n");
    return 0;
  } catch (const CLI::ExtrasError&) {
    return Fail(DescribeUnexpected(app), kWrongUse);
  } catch (const CLI::ParseError& error) {
    return Fail(error.what(), kWrongUse);
  }
  if (app.got_subcommand(neighbors)) {
    if (IsFirstProcess()) {
      RunNeighbors(options);
    } else {
      FollowNeighbors(options);
    }
    return 0;
  }
  if (app.got_subcommand(index)) {
    if (HasPartners())
      return Fail("index: an index is made by one process, without mpirun", kWrongUse);
    RunIndex(saving_options);
    return 0;
  }
  if (app.got_subcommand(info)) {
    RunInfo(info_options);
    return 0;
  }
  return Fail("a subcommand is missing: neighbors, index or info; see --help", kWrongUse);
}

}  // namespace

int main(int argc, char** argv) {
  using residual_knn::cli::EndProcess;
  FillStandardStreams();
  // Writing beyond `ulimit -f` then fails with a message, and unfinished files are removed.
  std::signal(SIGXFSZ, SIG_IGN);
  residual_knn::cli::BeginProcess(argc, argv);
  try {
    return EndProcess(Run(argc, argv));
  } catch (const std::bad_alloc&) {
    return EndProcess(Fail("out of memory", kFailure));
  } catch (const std::exception& error) {
    return EndProcess(Fail(error.what(), kFailure));
  }
}
