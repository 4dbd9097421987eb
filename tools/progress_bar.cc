#include "tools/progress_bar.h"

#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace residual_knn::cli {
namespace {

constexpr auto kTimeBetweenDraws = std::chrono::milliseconds(50);
constexpr int kStageWidth = 24;
constexpr int kLongestBar = 40;

int TerminalWidth(int descriptor) {
  winsize size{};
  const bool known = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string TwoDigits(int64_t value) {
  std::string digits = std::to_string(value);
  if (digits.size() < 2) digits.insert(digits.begin(), '0');
  return digits;
}

// "0:07", "12:34" or "1:02:03".
std::string ClockText(double seconds) {
  const auto whole = static_cast<int64_t>(std::ceil(std::min(seconds, 3.6e8)));
  const int64_t hours = whole / 3600;
  const int64_t minutes = whole / 60 % 60;
  const std::string start =
      hours > 0 ? std::to_string(hours) + ":" + TwoDigits(minutes) : std::to_string(minutes);
  return start + ":" + TwoDigits(whole % 60);
}

std::string Padded(std::string text, int width) {
  text.resize(std::max(text.size(), static_cast<size_t>(width)), ' ');
  return text;
}

}  // namespace

bool HasReader(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return false;
  return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode);
}

ProgressBar::ProgressBar(int descriptor, bool wanted)
    : descriptor_(descriptor), draws_(wanted && isatty(descriptor) == 1) {}

ProgressBar::~ProgressBar() { Pause(); }

void ProgressBar::Pause() {
  if (drawn_) Draw("");
  paused_ = true;
}

void ProgressBar::StartStage(const std::string& name, double begin, double end) {
  stage_ = name;
  stage_begin_ = begin;
  stage_end_ = end;
  paused_ = false;
  stage_start_ = Clock::now();
  next_draw_ = stage_start_ + kTimeBetweenDraws;
  last_fraction_ = begin;
  if (draws_) Draw(Padded(stage_, kStageWidth));
}

void ProgressBar::Update(int64_t done, int64_t total) {
  if (!draws_ || paused_) return;
  const Clock::time_point now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + kTimeBetweenDraws;
  const double of_stage = std::clamp(
      static_cast<double>(done) / static_cast<double>(std::max<int64_t>(total, 1)), 0.0, 1.0);
  const double fraction = stage_begin_ + of_stage * (stage_end_ - stage_begin_);
  // If a call has several stages, the library starts again at 0.
  if (fraction < last_fraction_) stage_start_ = now;
  last_fraction_ = fraction;
  std::string left;
  const double seconds = std::chrono::duration<double>(now - stage_start_).count();
  if (of_stage > 0 && seconds > 0) {
    left = ClockText(seconds * (1 - fraction) / (fraction - stage_begin_)) + " left";
  }
  const std::string percent = std::to_string(static_cast<int>(100 * fraction)) + "%";
  // The last column stays empty, because some terminals would wrap the line.
  const int room = TerminalWidth(descriptor_) - kStageWidth - 8 - 14 - 1;
  std::string line = Padded(stage_, kStageWidth);
  if (room >= 10) {
    const int width = std::min(room - 2, kLongestBar);
    const auto full = static_cast<size_t>(fraction * width);
    line += '[';
    line.append(full, '#');
    line.append(static_cast<size_t>(width) - full, '.');
    line += ']';
  }
  line += ' ';
  line += Padded(percent, 5);
  line += left;
  Draw(line);
}

residual_knn_progress ProgressBar::callback() const {
  return draws_ || stop_ ? &Callback : nullptr;
}

int32_t ProgressBar::Callback(void* bar, int64_t done, int64_t total) {
  auto* const self = static_cast<ProgressBar*>(bar);
  self->Update(done, total);
  return self->stop_ && self->stop_() ? 1 : 0;
}

void ProgressBar::Draw(const std::string& line) {
  // Moves to the first column and clears the line.
  const size_t widest = static_cast<size_t>(std::max(TerminalWidth(descriptor_) - 1, 1));
  const std::string text = "\r\x1b[K" + line.substr(0, widest);
  // A failure is ignored: the run does not need the terminal.
  [[maybe_unused]] const ssize_t ignored = write(descriptor_, text.data(), text.size());
  drawn_ = !line.empty();
}

}  // namespace residual_knn::cli
