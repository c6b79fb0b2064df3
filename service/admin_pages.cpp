#include "service/admin_pages.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace sweetspot::service {
namespace {

using control::Drain;
using observe::Page;

// The hooks of a pod's containers run at once: who asks whether all is drained may be a little
// early.
constexpr auto time_for_a_drain_to_begin = std::chrono::seconds(2);

Page text(unsigned status, std::string body) { return {.status = status, .body = std::move(body)}; }

Page drained_page(const Drain& drain) {
  switch (drain.state()) {
    case Drain::State::drained:
      return text(200, "drained\n");
    case Drain::State::draining:
      return {
          .status = 503, .body = "draining\n", .worth_waiting = std::chrono::nanoseconds::max()};
    case Drain::State::serving:
      break;
  }
  return {.status = 503, .body = "not draining\n", .worth_waiting = time_for_a_drain_to_begin};
}

}  // namespace

observe::Pages admin_pages(const Drain& drain, const observe::Metrics& metrics,
                           const observe::Dashboard& dashboard) {
  observe::Pages pages{
      {"/metrics",
       [&metrics] {
         return Page{.content_type = "text/plain; version=0.0.4; charset=utf-8",
                     .body = metrics.render(std::chrono::steady_clock::now())};
       }},
      {"/healthz", [] { return text(200, "ok\n"); }},
      {"/readyz",
       [&drain] {
         const bool serves = drain.state() == Drain::State::serving;
         return serves ? text(200, "ready\n") : text(503, "draining\n");
       }},
      {"/drained", [&drain] { return drained_page(drain); }},
  };
  dashboard.add_to(pages);
  return pages;
}

}  // namespace sweetspot::service
