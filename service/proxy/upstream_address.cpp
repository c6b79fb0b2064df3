#include "service/proxy/upstream_address.hpp"

#include <netdb.h>

#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <utility>

namespace sweetspot::proxy {

using namespace std::chrono_literals;

namespace {

constexpr tuner::Duration refresh_after = 30s;
constexpr tuner::Duration retry_after = 1s;
constexpr tuner::Duration first_answer_within = 1s;

UpstreamAddress::Endpoints resolve(const Endpoint& upstream) {
  UpstreamAddress::Endpoints endpoints;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* answer = nullptr;
  if (::getaddrinfo(upstream.host.c_str(), nullptr, &hints, &answer) != 0) return endpoints;
  for (const addrinfo* one = answer; one != nullptr; one = one->ai_next) {
    tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    endpoint.port(upstream.port);
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(answer);
  return endpoints;
}

}  // namespace

UpstreamAddress::UpstreamAddress(Endpoint upstream) : upstream_(std::move(upstream)) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(upstream_.host, not_an_address);
  is_name_ = static_cast<bool>(not_an_address);
  endpoints_ = std::make_shared<Endpoints>(
      is_name_ ? Endpoints{} : Endpoints{tcp::endpoint(address, upstream_.port)});
}

UpstreamAddress::~UpstreamAddress() {
  {
    std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_all();
  if (resolver_.joinable()) resolver_.join();
}

void UpstreamAddress::start() {
  if (!is_name_) return;
  is_asked_ = true;
  resolver_ = std::thread([this] { resolve_when_asked(); });
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, first_answer_within, [this] { return has_answer_; });
}

std::shared_ptr<const UpstreamAddress::Endpoints> UpstreamAddress::current(tuner::TimePoint now) {
  std::lock_guard lock(mutex_);
  ask(now, endpoints_->empty() ? retry_after : refresh_after);
  return endpoints_;
}

void UpstreamAddress::report_failure(tuner::TimePoint now) {
  std::lock_guard lock(mutex_);
  ask(now, retry_after);
}

void UpstreamAddress::ask(tuner::TimePoint now, tuner::Duration oldest) {
  if (!is_name_ || now - asked_at_ < oldest) return;
  asked_at_ = now;
  is_asked_ = true;
  changed_.notify_all();
}

void UpstreamAddress::resolve_when_asked() {
  std::unique_lock lock(mutex_);
  while (!stops_) {
    changed_.wait(lock, [this] { return is_asked_ || stops_; });
    if (!std::exchange(is_asked_, false)) continue;
    lock.unlock();
    Endpoints answer = resolve(upstream_);
    lock.lock();
    has_answer_ = true;
    // What was known stays in use while the resolver has no answer.
    if (!answer.empty()) endpoints_ = std::make_shared<Endpoints>(std::move(answer));
    changed_.notify_all();
  }
}

}  // namespace sweetspot::proxy
