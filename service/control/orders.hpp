#pragma once

#include <optional>
#include <string>
#include <utility>

#include "tuner/time.hpp"

namespace sweetspot::control {

// Who gives an order, and why; both are kept in the decision log.
struct Order {
  Order(const char* why) : comment(why) {}
  Order(std::string why) : comment(std::move(why)) {}
  Order(std::string why, std::string operator_name, std::string id = {})
      : comment(std::move(why)), who(std::move(operator_name)), request_id(std::move(id)) {}

  std::string comment;
  std::string who;
  std::string request_id;  // an order with an id that was seen before is a retry
};

// Why an operator's order was not carried out.
struct Refusal {
  enum class Kind { out_of_range, not_tuning, not_found } kind;
  std::string message;  // begins with the field's name where there is one
  std::string field{};  // of the request; empty where no field is to blame
};

struct BoundsChange {
  std::optional<int> min, max;  // what is absent stays
};

}  // namespace sweetspot::control
