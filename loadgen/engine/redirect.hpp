#pragma once

#include <optional>
#include <string_view>

#include "loadgen/engine/plan.hpp"

namespace sweetspot::engine {

// The request that follows a redirect, as browsers do it (RFC 9110, section 15.4): 303 turns all
// but HEAD into GET, 301 and 302 turn POST into GET; credentials stay with the server they were
// meant for. `message` is what was answered so. Nothing where it is no redirect or leads nowhere.
// Its server is still to be found.
std::optional<Call> follow(const Call& call, std::string_view message, int status,
                           std::string_view location);

}  // namespace sweetspot::engine
