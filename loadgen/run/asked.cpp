#include "loadgen/run/asked.hpp"

#include <zlib.h>

#include <algorithm>
#include <string_view>

#include "loadgen/run/load_shape.hpp"
#include "loadgen/text/format.hpp"
#include "service/platform/units.hpp"

namespace sweetspot::loadgen {
namespace {

using platform::format_duration;

std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text.empty() ? "none" : text;
}

void add_once(std::vector<std::string>& words, std::string word) {
  if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(std::move(word));
}

std::string stages_of(const std::vector<Stage>& stages) {
  std::vector<std::string> words;
  for (const Stage& stage : stages)
    words.push_back(format("%s to %g", format_duration(stage.length).c_str(), stage.to));
  return join(words);
}

std::string methods_of(const engine::Plan& plan) {
  std::vector<std::string> methods;
  for (const engine::Call& call : plan.calls) add_once(methods, call.parts.method);
  return join(methods);
}

// Names alone, since values may be secret.
std::string headers_of(const engine::Plan& plan) {
  std::vector<std::string> names;
  for (const engine::Call& call : plan.calls) {
    for (const std::string& line : call.parts.headers)
      add_once(names, line.substr(0, line.find(':')));
  }
  return join(names);
}

std::size_t end_of_head(std::string_view message) { return message.find("\r\n\r\n") + 4; }

std::string body_of(const engine::Plan& plan) {
  std::size_t least = static_cast<std::size_t>(-1), most = 0;
  for (const engine::Call& call : plan.calls) {
    for (const std::string& message : call.messages) {
      const std::size_t size = message.size() - end_of_head(message);
      least = std::min(least, size);
      most = std::max(most, size);
    }
  }
  if (most == 0) return "none";
  return least == most ? format("%zu bytes", most) : format("%zu to %zu bytes", least, most);
}

// What is another from place to place, day to day or tool to tool though the load is the same.
constexpr std::string_view incidental[] = {"Host", "Authorization", "Proxy-Authorization", "Cookie",
                                           "User-Agent"};

bool is_incidental(std::string_view line) {
  return std::any_of(std::begin(incidental), std::end(incidental),
                     [line](std::string_view name) { return engine::is_header(line, name); });
}

class Checksum {
 public:
  void add(std::string_view bytes) {
    sum_ = crc32_z(sum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  }
  std::string text() const { return format("%08lx", sum_); }

 private:
  uLong sum_ = 0;
};

std::string content_of(const engine::Plan& plan) {
  Checksum checksum;
  for (const engine::Call& call : plan.calls) {
    checksum.add(format("%g ", call.weight));
    for (const std::string_view message : call.messages) {
      const std::size_t head = end_of_head(message);
      for (std::size_t at = 0; at < head;) {
        const std::string_view line = message.substr(at, message.find('\n', at) + 1 - at);
        if (!is_incidental(line)) checksum.add(line);
        at += line.size();
      }
      checksum.add(message.substr(head));
    }
  }
  return checksum.text();
}

}  // namespace

std::string words_of_rate(const std::optional<double>& rate) {
  return rate ? format("%g/s", *rate) : "none";
}

Asked asked_of(const RunOptions& options, const engine::Plan& plan) {
  const Target& target = options.target;
  const auto length = length_of(options);
  const bool is_open = options.rate.has_value();
  return {
      {"target", name_of(target)},
      {"connect_to", target.connect_to          ? platform::format_endpoint(*target.connect_to)
                     : target.unix_path.empty() ? "none"
                                                : target.unix_path},
      {"connections", std::to_string(options.connections)},
      {"rate", words_of_rate(options.rate)},
      {"arrivals", !is_open                                      ? "none"
                   : options.pattern == engine::Pattern::poisson ? "poisson"
                                                                 : "uniform"},
      {"catch_up", is_open ? format_duration(options.catch_up.value_or(target.timeout)) : "none"},
      {"duration", length ? format_duration(*length) : "none"},
      {"requests", options.requests ? std::to_string(*options.requests) : "none"},
      {"ramp", format_duration(options.ramp)},
      {"warm_up", format_duration(options.warm_up)},
      {"stages", stages_of(options.stages)},
      {"honour_retry_after", options.honours_retry_after ? "yes" : "no"},
      {"method", methods_of(plan)},
      {"headers", headers_of(plan)},
      {"body", body_of(plan)},
      {"content", content_of(plan)},
      {"keepalive", target.keep_alive ? "yes" : "no"},
      {"redirects", std::to_string(target.redirects)},
      {"timeout", format_duration(target.timeout)}};
}

}  // namespace sweetspot::loadgen
