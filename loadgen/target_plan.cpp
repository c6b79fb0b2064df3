#include "loadgen/target_plan.hpp"

#include <fstream>
#include <iterator>

namespace sweetspot::loadgen {
namespace {

platform::Parsed<std::string> read_body(const Target& target) {
  if (target.body_file.empty()) return {target.body, {}};
  std::ifstream file(target.body_file, std::ios::binary);
  std::string body{std::istreambuf_iterator<char>(file), {}};
  if (!file) return {{}, "cannot read the file \"" + target.body_file + "\""};
  return {std::move(body), {}};
}

}  // namespace

platform::Parsed<engine::Plan> make_plan(const Target& target) {
  const auto url = engine::parse_url(target.url);
  if (!url) return {{}, url.error};
  auto body = read_body(target);
  if (!body) return {{}, body.error};

  engine::RequestParts parts;
  const bool has_body = !body.value->empty() || !target.body_file.empty();
  parts.method = !target.method.empty() ? target.method : has_body ? "POST" : "GET";
  parts.headers = target.headers;
  parts.body = std::move(*body.value);
  parts.keep_alive = target.keep_alive;
  auto request = engine::make_request(*url, parts);
  if (!request) return {{}, request.error};

  engine::Plan plan;
  plan.server = (*url).server;
  plan.request = std::move(*request.value);
  plan.head_only = parts.method == "HEAD";
  plan.keep_alive = target.keep_alive;
  plan.threads = target.threads;
  plan.timeout = target.timeout;
  return {std::move(plan), {}};
}

}  // namespace sweetspot::loadgen
