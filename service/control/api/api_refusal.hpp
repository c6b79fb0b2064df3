#pragma once

#include <grpcpp/support/status.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "service/control/orders.hpp"

namespace sweetspot::control {

// A canonical status whose details name the field that is to blame, where one is.
grpc::Status refused(grpc::StatusCode code, const std::string& message, const std::string& field);
grpc::Status refused(const Refusal& refusal);

// `field: found X, allowed Y`, as INVALID_ARGUMENT.
grpc::Status invalid(const std::string& field, const std::string& found,
                     const std::string& allowed);

// A document with mistakes, `WHERE: FIELD: ...` each; the first few of them.
grpc::Status refused_document(const std::vector<std::string>& errors);

// What is wrong with a text that is longer than allowed.
inline constexpr std::size_t longest_comment = 1000;  // bytes
std::optional<grpc::Status> judge_length(const char* field, const std::string& text,
                                         std::size_t longest);

}  // namespace sweetspot::control
