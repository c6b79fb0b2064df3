#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "service/observe/admin_server.hpp"

namespace sweetspot::observe {

// What an operator asks for on the page.
struct Order {
  std::optional<int> limit;
  std::string lasts;  // a pin's duration, as 10m; empty: until it is unpinned
  std::string level;  // of the log
  std::string comment;
};
// Carries it out; the result says why not, empty where it was done.
using CarryOut = std::function<std::string(const Order&)>;

// Lets the page change the sidecar: only by POST, of its own origin, with the token, as JSON (which
// no other site's form can send). Without a token it is read-only: nothing may be done.
class Operator {
 public:
  Operator(std::string token, std::map<std::string, CarryOut> actions);

  std::vector<std::string> actions() const;  // empty where read-only
  Page answer(const Post& post) const;  // {"action":"pin","limit":12,"for":"10m","comment":"..."}

 private:
  std::string token_;
  std::map<std::string, CarryOut> actions_;
};

}  // namespace sweetspot::observe
