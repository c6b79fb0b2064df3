#include "service/config/admission_keys.hpp"

#include <array>

#include "service/config/key_kinds.hpp"

namespace sweetspot::config {
namespace {

using namespace std::chrono_literals;

bool anything(const std::string&) { return true; }

Key deadline_headers() {
  return list(
      "request.deadline_headers", "a list of header fields in lower case",
      "fields that give the time a request has; who cannot be answered in time is shed",
      [](auto& c) -> auto& { return c.proxy.deadline_headers; },
      [](const std::string& name) {
        return !name.empty() &&
               name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ :") == std::string::npos;
      });
}

Key reject_status() {
  return scalar(
      "reject.status", "503 or 429", "what a request that is shed is answered",
      [](auto& c) -> auto& { return c.proxy.reject_status; },
      [](std::string_view text) -> std::optional<int> {
        if (text != "503" && text != "429") return {};
        return text == "503" ? 503 : 429;
      },
      writes_number);
}

// A choice between two words, kept as whether it is the second.
template <class Field>
Key either(std::string name, std::string no, std::string yes, std::string help, Field field) {
  const std::string allowed = "one of " + no + ", " + yes;
  return scalar(
      std::move(name), allowed, std::move(help), field,
      [no, yes](std::string_view text) -> std::optional<bool> {
        if (text != no && text != yes) return {};
        return text == yes;
      },
      [no, yes](bool value) { return value ? yes : no; });
}

}  // namespace

void add_queue_keys(std::vector<Key>& all) {
  all.push_back(count(
      "queue.size", 0, 1000000, "requests that may wait for a permit",
      [](auto& c) -> auto& { return c.admission.queue_size; }));
  all.push_back(duration(
      "queue.timeout", 1ms, 1h, "how long one may wait before it is shed",
      [](auto& c) -> auto& { return c.admission.queue_timeout; }));
  all.push_back(size(
      "queue.bytes", 0, std::size_t{16} << 30, "of heads and buffered bodies that may wait",
      [](auto& c) -> auto& { return c.admission.queue_bytes; }));
  all.push_back(choice(
      "queue.discipline",
      std::array{admission::Discipline::fifo, admission::Discipline::lifo,
                 admission::Discipline::adaptive},
      "who is served first: fifo: who came first; lifo: who came last; adaptive: "
      "fifo, and lifo from when the queue stands until it has been empty",
      [](auto& c) -> auto& { return c.admission.discipline; }));
  all.push_back(optional(
      "queue.codel_target", duration_range(1ms, 1h),
      "in a queue that stands, who waited longer is shed",
      [](auto& c) -> auto& { return c.admission.codel_target; }, reads_duration(1ms, 1h),
      writes_duration));
  all.push_back(duration(
      "queue.standing_after", 1ms, 1h,
      "a queue that has not been empty for so long stands; before, it is a burst",
      [](auto& c) -> auto& { return c.admission.standing_after; }));
}

void add_class_keys(std::vector<Key>& all) {
  all.push_back(list(
      "groups", "a list of NAME [share=NUMBER]",
      "each has a part of the limit to itself, by its share; none: all share it",
      [](auto& c) -> auto& { return c.groups; }, anything));
  all.push_back(list(
      "classes",
      "a list of NAME [priority=N] [share=NUMBER] [timeout=DURATION] [fair_by=FIELD] [group=NAME]",
      "classes of requests beside default, see Classes below",
      [](auto& c) -> auto& { return c.classes; }, anything));
  all.push_back(list(
      "rules",
      "a list of class=NAME or bypass, each with [method=A,B] [path=/P or /P*] "
      "[header=FIELD or FIELD:VALUE]",
      "what class a request is of, or that it holds no permit; the first that "
      "matches decides",
      [](auto& c) -> auto& { return c.rules; }, anything));
}

void add_refusal_keys(std::vector<Key>& all) {
  all.push_back(reject_status());
  all.push_back(either(
      "reject.body", "text", "problem_json",
      "of an answer with x-sweetspot-reason; problem_json is application/problem+json of "
      "RFC 9457",
      [](auto& c) -> auto& { return c.proxy.reject_as_problem; }));
  all.push_back(deadline_headers());
  all.push_back(either(
      "on_client_abort", "release", "wait",
      "where a client leaves in flight: wait: its permit stays taken until the "
      "backend has answered, for that still works; release: the connection to the "
      "backend is closed",
      [](auto& c) -> auto& { return c.proxy.wait_for_aborted; }));
  all.push_back(either(
      "on_half_close", "serve", "abort",
      "a client that ended its sending: serve: waits for its answer; abort: has left",
      [](auto& c) -> auto& { return c.proxy.abort_on_half_close; }));
}

}  // namespace sweetspot::config
