#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "service/platform/units.hpp"
#include "tuner/time.hpp"

namespace sweetspot::engine {

// A file with a line for each request that was measured, as CSV with a head: which ones were slow,
// and when. Any thread may append whole lines.
class RequestLog {
 public:
  // Makes the file anew. A sentence where it cannot.
  static platform::Parsed<std::shared_ptr<RequestLog>> open(const std::string& path);

  explicit RequestLog(int file) : file_(file) {}
  ~RequestLog();
  RequestLog(const RequestLog&) = delete;
  RequestLog& operator=(const RequestLog&) = delete;

  void append(std::string_view lines);
  int failure() const { return failure_; }  // why something of it is missing, as errno; else 0

 private:
  int file_;
  std::atomic<int> failure_ = 0;
};

// One worker's lines, until they are enough for a write.
class RequestLines {
 public:
  struct Entry {
    tuner::Duration start{};  // since the measurement began; with a rate, when it was due
    tuner::Duration latency{};
    std::optional<tuner::Duration> first_byte{};  // where there was a response
    int status = 0;                               // the same
    std::string_view error{};                     // where there was none
    std::size_t target = 0;                       // which of several, from 0
  };

  explicit RequestLines(std::shared_ptr<RequestLog> log) : log_(std::move(log)) {}
  ~RequestLines() { flush(); }
  RequestLines(const RequestLines&) = delete;
  RequestLines& operator=(const RequestLines&) = delete;

  explicit operator bool() const { return log_ != nullptr; }  // whether anybody wants them
  void add(const Entry& entry);
  void flush();

 private:
  std::shared_ptr<RequestLog> log_;
  std::string lines_;
};

}  // namespace sweetspot::engine
