#include "service/proxy/upstream_resolver.hpp"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "service/proxy/addresses.hpp"

namespace sweetspot::proxy {

using namespace std::chrono_literals;

namespace {

constexpr tuner::Duration soonest = 1s;  // between two questions
constexpr tuner::Duration first_answer_within = 1s;

std::vector<Address> resolve(const Endpoint& endpoint, std::string& problem) {
  std::vector<Address> addresses;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* answer = nullptr;
  const std::string port = std::to_string(endpoint.port);
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &hints, &answer)) {
    problem = ::gai_strerror(error);
    return addresses;
  }
  for (const addrinfo* one = answer; one != nullptr; one = one->ai_next)
    addresses.push_back(address_of(one->ai_addr, one->ai_addrlen));
  ::freeaddrinfo(answer);
  return addresses;
}

}  // namespace

UpstreamResolver::UpstreamResolver(std::vector<Endpoint> upstream, tuner::Duration interval,
                                   UpstreamTargets& targets, std::function<void()> on_change)
    : interval_(interval), targets_(targets), on_change_(std::move(on_change)) {
  for (Endpoint& endpoint : upstream) {
    Source source{std::move(endpoint), false, {}};
    if (const auto address = literal_address(source.endpoint))
      source.addresses.push_back(*address);
    else
      source.is_name = true;
    sources_.push_back(std::move(source));
  }
  targets_.assign(all());
}

UpstreamResolver::~UpstreamResolver() {
  {
    std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void UpstreamResolver::start() {
  if (std::none_of(sources_.begin(), sources_.end(), [](const auto& s) { return s.is_name; }))
    return;
  thread_ = std::thread([this] { run(); });
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, first_answer_within, [this] { return has_answer_; });
}

void UpstreamResolver::ask_soon() {
  std::lock_guard lock(mutex_);
  is_asked_ = true;
  changed_.notify_all();
}

void UpstreamResolver::run() {
  std::unique_lock lock(mutex_);
  while (!stops_) {
    lock.unlock();
    resolve_all();
    lock.lock();
    has_answer_ = true;
    changed_.notify_all();
    // Nobody's failures make it ask more often than this.
    changed_.wait_for(lock, soonest, [this] { return stops_; });
    changed_.wait_for(lock, std::max(interval_ - soonest, tuner::Duration::zero()),
                      [this] { return is_asked_ || stops_; });
    is_asked_ = false;
  }
}

void UpstreamResolver::resolve_all() {
  std::vector<control::AddressStatus> unresolved;
  for (Source& source : sources_) {
    if (!source.is_name) continue;
    std::string problem;
    auto answer = resolve(source.endpoint, problem);
    if (!answer.empty()) source.addresses = std::move(answer);
    if (source.addresses.empty())
      unresolved.push_back({.address = format(source.endpoint),
                            .problem = "the name has no address yet: " + problem});
  }
  {
    std::lock_guard lock(mutex_);
    unresolved_ = std::move(unresolved);
  }
  if (targets_.assign(all())) on_change_();
}

std::vector<control::AddressStatus> UpstreamResolver::unresolved() const {
  std::lock_guard lock(mutex_);
  return unresolved_;
}

std::vector<Address> UpstreamResolver::all() const {
  std::vector<Address> all;
  for (const Source& source : sources_)
    for (Address address : source.addresses) {
      if (!is_unix(source.endpoint)) address.host = source.endpoint.host;
      all.push_back(std::move(address));
    }
  return all;
}

}  // namespace sweetspot::proxy
