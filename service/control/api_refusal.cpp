#include "service/control/api_refusal.hpp"

#include "sweetspot/v1/errors.pb.h"

namespace sweetspot::control {
namespace {

constexpr const char* bad_request_type = "type.googleapis.com/google.rpc.BadRequest";

grpc::StatusCode code_of(Refusal::Kind kind) {
  switch (kind) {
    case Refusal::Kind::out_of_range: return grpc::StatusCode::INVALID_ARGUMENT;
    case Refusal::Kind::not_found: return grpc::StatusCode::NOT_FOUND;
    case Refusal::Kind::not_tuning: break;
  }
  return grpc::StatusCode::FAILED_PRECONDITION;
}

}  // namespace

grpc::Status refused(grpc::StatusCode code, const std::string& message, const std::string& field) {
  if (field.empty()) return {code, message};
  v1::BadRequest bad;
  auto& violation = *bad.add_field_violations();
  violation.set_field(field);
  violation.set_description(message);
  v1::ErrorStatus status;
  status.set_code(static_cast<int>(code));
  status.set_message(message);
  auto& detail = *status.add_details();
  detail.set_type_url(bad_request_type);
  detail.set_value(bad.SerializeAsString());
  return {code, message, status.SerializeAsString()};
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
                 field + ": found " + found + ", allowed: " + allowed, field);
}

}  // namespace sweetspot::control
