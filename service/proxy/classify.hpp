#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/admission/settings.hpp"
#include "service/proxy/framing/head.hpp"
#include "service/proxy/settings.hpp"

namespace sweetspot::proxy {

// Which requests the limiter does not see, and what it knows of the others: their class, tenant
// and deadline. The first rule that matches decides; where none does, it is class 0.
class Classifier {
 public:
  explicit Classifier(const Settings& settings);

  struct Classified {
    bool bypasses = false;
    admission::Demand demand;
  };
  Classified classify(const RequestHead& head, const char* base, tuner::TimePoint now) const;

 private:
  bool matches(const Rule& rule, const RequestHead& head, const char* base,
               std::string_view path) const;

  const std::vector<Rule> rules_;
  const std::vector<std::string> tenant_headers_, deadline_headers_;
};

// The time that a request gives: grpc-timeout's form (gRPC over HTTP/2: `100m`, `2S`) for a field
// of that name; else a duration (`250ms`, `2s`), or a bare number, of milliseconds where the
// field's name ends in -ms, else of seconds.
std::optional<tuner::Duration> parse_time_given(std::string_view name, std::string_view value);

}  // namespace sweetspot::proxy
