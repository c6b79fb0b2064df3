#include "service/control/files/state_file.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <sstream>
#include <thread>
#include <utility>

#include "service/platform/files.hpp"

namespace sweetspot::control {
namespace {

constexpr std::string_view kind = "sweetspot state ";
constexpr std::string_view first_line = "sweetspot state 3";
constexpr std::size_t largest_file = 16 * 1024;

std::string checksum(std::string_view text) {
  boost::crc_32_type crc;
  crc.process_bytes(text.data(), text.size());
  std::array<char, 9> hex{};
  std::snprintf(hex.data(), hex.size(), "%08x", crc.checksum());
  return hex.data();
}

// Takes `name value\n` off the front.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {};
  std::string_view line = text.substr(0, end);
  if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') return {};
  text.remove_prefix(end + 1);
  return line.substr(name.size() + 1);
}

template <class Number>
bool take_number(std::string_view& text, std::string_view name, Number& number) {
  const auto field = take_field(text, name);
  if (!field) return false;
  const auto [end, error] = std::from_chars(field->data(), field->data() + field->size(), number);
  return error == std::errc{} && end == field->data() + field->size();
}

bool take_text(std::string_view& text, std::string_view name, std::string& value) {
  const auto field = take_field(text, name);
  if (field) value = *field;
  return field.has_value();
}

// point LIMIT UNIX_MS SAMPLES THROUGHPUT IN_FLIGHT P50 P99, latencies in nanoseconds.
std::string encode(const LoadCurve::Point& point) {
  std::ostringstream line;
  line.precision(17);
  const auto& arm = point.arm;
  line << "point " << arm.limit << ' ' << point.unix_time_ms << ' ' << arm.samples << ' '
       << arm.throughput << ' ' << arm.in_flight << ' ' << arm.p50.count() << ' ' << arm.p99.count()
       << '\n';
  return line.str();
}

bool take_point(std::string_view& text, LoadCurve::Point& point) {
  const auto field = take_field(text, "point");
  if (!field) return false;
  std::istringstream words{std::string(*field)};
  tuner::Duration::rep p50 = 0, p99 = 0;
  auto& arm = point.arm;
  words >> arm.limit >> point.unix_time_ms >> arm.samples >> arm.throughput >> arm.in_flight >>
      p50 >> p99;
  arm.p50 = tuner::Duration(p50);
  arm.p99 = tuner::Duration(p99);
  point.throughput_low = point.throughput_high = arm.throughput;
  return words && words.eof() && arm.limit >= 1;
}

bool take_curve(std::string_view& text, std::vector<LoadCurve::Point>& curve) {
  std::size_t points = 0;
  if (!take_number(text, "curve", points) || points > LoadCurve::capacity) return false;
  curve.resize(points);
  return std::all_of(curve.begin(), curve.end(),
                     [&](LoadCurve::Point& point) { return take_point(text, point); });
}

std::string failure(const char* what) { return std::string(what) + ": " + std::strerror(errno); }

// A file descriptor that is closed at the scope's end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::int64_t unix_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

std::string encode(const State& state) {
  std::string text(first_line);
  text += "\nlimit " + std::to_string(state.limit);
  text += "\nsaved_unix_ms " + std::to_string(state.saved_unix_ms);
  text += "\nupstream " + state.upstream;
  text += "\nobjective " + state.objective;
  text += "\ncpus " + std::to_string(state.cpus);
  text += "\ncpu_quota " + state.cpu_quota;
  text += "\ncpu_model " + state.cpu_model;
  text += "\nupstream_version " + state.upstream_version;
  text += "\ncurve " + std::to_string(state.curve.size()) + "\n";
  for (const auto& point : state.curve) text += encode(point);
  return text + "crc32 " + checksum(text) + "\n";
}

std::optional<State> decode(std::string_view text) {
  State state;
  std::string_view rest = text;
  std::string crc;
  if (!rest.starts_with(first_line)) return {};
  rest.remove_prefix(first_line.size());
  if (!rest.starts_with('\n')) return {};
  rest.remove_prefix(1);
  const bool complete =
      take_number(rest, "limit", state.limit) &&
      take_number(rest, "saved_unix_ms", state.saved_unix_ms) &&
      take_text(rest, "upstream", state.upstream) &&
      take_text(rest, "objective", state.objective) && take_number(rest, "cpus", state.cpus) &&
      take_text(rest, "cpu_quota", state.cpu_quota) &&
      take_text(rest, "cpu_model", state.cpu_model) &&
      take_text(rest, "upstream_version", state.upstream_version) && take_curve(rest, state.curve);
  if (!complete) return {};
  const std::string_view summed = text.substr(0, text.size() - rest.size());
  if (!take_text(rest, "crc32", crc) || !rest.empty() || crc != checksum(summed)) return {};
  if (state.limit < 1) return {};
  return state;
}

Remembered remember(const std::string& path, const State& expected, tuner::Duration max_age) {
  std::error_code ignored;
  if (std::filesystem::status(path, ignored).type() == std::filesystem::file_type::not_found)
    return {};
  const auto text = platform::read_file(path, largest_file);
  if (!text) return {{}, text.error};

  auto state = decode(*text);
  if (!state)
    return {{},
            text.value->starts_with(kind) && !text.value->starts_with(first_line)
                ? "of another version of sweetspot"
                : "corrupt"};
  const auto age = std::chrono::milliseconds(unix_now_ms() - state->saved_unix_ms);
  if (age < std::chrono::milliseconds(0)) return {{}, "dated in the future"};
  if (age > max_age) return {{}, "too old"};
  if (state->upstream != expected.upstream) return {{}, "of another upstream"};
  if (state->objective != expected.objective) return {{}, "of another objective"};
  if (state->cpus != expected.cpus) return {{}, "of another number of CPUs"};
  if (state->cpu_quota != expected.cpu_quota) return {{}, "of another CPU quota"};
  if (state->cpu_model != expected.cpu_model) return {{}, "of another CPU model"};
  if (state->upstream_version != expected.upstream_version)
    return {{}, "of another version of the upstream"};
  return {std::move(state), {}};
}

std::string replace_file(const std::string& path, std::string_view text) {
  std::error_code ignored;
  const auto found = std::filesystem::status(path, ignored);
  // As a device, which would be gone then.
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
    return "is not a regular file";
  const std::string fresh = path + ".new";
  {
    const Descriptor file(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (file.get() < 0) return failure("cannot be created");
    if (!write_all(file.get(), text)) return failure("cannot be written");
    if (::fsync(file.get()) != 0) return failure("cannot be synced");
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) return failure("cannot be renamed");
  const auto parent = std::filesystem::path(path).parent_path();
  const Descriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) return failure("folder cannot be synced");
  return {};
}

struct StateWriter::Impl {
  std::string path;
  std::function<void(const std::string&)> on_problem;
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<State> pending;
  bool ending = false;
  std::thread thread;

  void run() {
    ::pthread_setname_np(::pthread_self(), "state-writer");
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return pending || ending; });
      if (!pending) return;
      State state = *std::exchange(pending, std::nullopt);
      lock.unlock();
      state.saved_unix_ms = unix_now_ms();
      const std::string problem = replace_file(path, encode(state));
      if (!problem.empty()) on_problem(problem);
      lock.lock();
    }
  }
};

StateWriter::StateWriter(std::string path, std::function<void(const std::string&)> on_problem)
    : impl_(std::make_unique<Impl>()) {
  impl_->path = std::move(path);
  impl_->on_problem = std::move(on_problem);
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

StateWriter::~StateWriter() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->ending = true;
  }
  impl_->changed.notify_one();
  impl_->thread.join();
}

void StateWriter::save(State state) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->pending = std::move(state);
  }
  impl_->changed.notify_one();
}

}  // namespace sweetspot::control
