#include "service/control/api/api_refusal.hpp"

#include <algorithm>

#include "sweetspot/v1/errors.pb.h"

namespace sweetspot::control {
namespace {

constexpr const char* bad_request_type = "type.googleapis.com/google.rpc.BadRequest";

// A status travels in trailers, of which clients take a few kilobytes.
constexpr std::size_t most_errors = 5, longest_error = 200, longest_found = 100;

// Not within a character, for the contract's texts are UTF-8.
std::string cut(const std::string& text, std::size_t longest) {
  if (text.size() <= longest) return text;
  while (longest > 0 && (static_cast<unsigned char>(text[longest]) & 0xc0) == 0x80) --longest;
  return text.substr(0, longest) + "...";
}

grpc::StatusCode code_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::out_of_range:
      return grpc::StatusCode::INVALID_ARGUMENT;
    case Refusal::Kind::not_found:
      return grpc::StatusCode::NOT_FOUND;
    case Refusal::Kind::not_tuning:
      break;
  }
  return grpc::StatusCode::FAILED_PRECONDITION;
}

struct Violation {
  std::string field, description;
};

grpc::Status with_violations(grpc::StatusCode code, const std::string& message,
                             const std::vector<Violation>& violations) {
  v1::BadRequest bad;
  for (const auto& [field, description] : violations) {
    auto& violation = *bad.add_field_violations();
    violation.set_field(field);
    violation.set_description(description);
  }
  v1::ErrorStatus status;
  status.set_code(static_cast<int>(code));
  status.set_message(message);
  auto& detail = *status.add_details();
  detail.set_type_url(bad_request_type);
  detail.set_value(bad.SerializeAsString());
  return {code, message, status.SerializeAsString()};
}

// The key in `document:3: queue.size: found many, ...`.
std::string field_of(const std::string& error) {
  const auto begin = error.find(": "),
             end = begin == std::string::npos ? begin : error.find(": ", begin + 2);
  return end == std::string::npos ? "document" : error.substr(begin + 2, end - begin - 2);
}

}  // namespace

grpc::Status refused(grpc::StatusCode code, const std::string& message, const std::string& field) {
  if (field.empty()) return {code, message};
  return with_violations(code, message, {{field, message}});
}

grpc::Status refused_document(const std::vector<std::string>& errors) {
  std::string message;
  std::vector<Violation> violations;
  for (std::size_t i = 0; i < std::min(errors.size(), most_errors); ++i) {
    const std::string error = cut(errors[i], longest_error);
    message += (i == 0 ? "" : "\n") + error;
    violations.push_back({field_of(error), error});
  }
  if (errors.size() > most_errors)
    message += "\nand " + std::to_string(errors.size() - most_errors) + " more";
  return with_violations(grpc::StatusCode::INVALID_ARGUMENT, message, violations);
}

grpc::Status refused(const Refusal& refusal) {
  return refused(code_of(refusal.kind), refusal.message, refusal.field);
}

std::optional<grpc::Status> judge_length(const char* field, const std::string& text,
                                         std::size_t longest) {
  if (text.size() <= longest) return {};
  return invalid(field, std::to_string(text.size()) + " bytes",
                 "at most " + std::to_string(longest));
}

grpc::Status invalid(const std::string& field, const std::string& found,
                     const std::string& allowed) {
  return refused(grpc::StatusCode::INVALID_ARGUMENT,
                 field + ": found " + cut(found, longest_found) + ", allowed: " + allowed, field);
}

}  // namespace sweetspot::control
