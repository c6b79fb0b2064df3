// Messages that no client of ours would send, to every method. What comes back is a canonical
// status, and the API goes on.
#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <random>

#include "sweetspot/v1/control.grpc.pb.h"
#include "tests/service/control/exchange.hpp"
#include "tests/service/control/running_api.hpp"

namespace sweetspot::control {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct ApiFuzzTest : testing::Test {
  std::string any_text() {
    constexpr std::array<const char*, 4> texts{"balanced", "off", "latency", "limit: {max: 0}"};
    std::string text(random() % 80, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return random() % 2 ? text : texts[random() % texts.size()];
  }

  // A well-formed message with values that are mostly out of any range.
  std::string any_message(const std::string& type) {
    const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(
        google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type));
    const std::unique_ptr<Message> message(prototype->New());
    const auto& reflection = *message->GetReflection();
    constexpr std::array<std::int64_t, 8> numbers{0, 1, -1, 5, 1000, 1 << 30, INT64_MIN, INT64_MAX};
    for (int i = 0; i < message->GetDescriptor()->field_count(); ++i) {
      const auto& field = *message->GetDescriptor()->field(i);
      const auto number = numbers[random() % numbers.size()];
      switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
          reflection.SetInt32(message.get(), &field, static_cast<std::int32_t>(number));
          break;
        case FieldDescriptor::CPPTYPE_UINT32:
          reflection.SetUInt32(message.get(), &field, static_cast<std::uint32_t>(number));
          break;
        case FieldDescriptor::CPPTYPE_UINT64:
          reflection.SetUInt64(message.get(), &field, static_cast<std::uint64_t>(number));
          break;
        case FieldDescriptor::CPPTYPE_DOUBLE:
          reflection.SetDouble(message.get(), &field, std::bit_cast<double>(random()));
          break;
        case FieldDescriptor::CPPTYPE_STRING:
          reflection.SetString(message.get(), &field, any_text());
          break;
        default:
          break;
      }
    }
    return message->SerializePartialAsString();
  }

  // The same with bytes changed, cut and added.
  std::string broken(std::string bytes) {
    for (int i = 0; i < 4; ++i) {
      if (random() % 2 && !bytes.empty())
        bytes[random() % bytes.size()] = static_cast<char>(random());
      else
        bytes += static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    return bytes;
  }

  std::mt19937_64 random{20};
  tests::RunningApi api;
  std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel(api.address(), grpc::InsecureChannelCredentials());
};

TEST_F(ApiFuzzTest, survives_what_no_client_would_send) {
  const auto* service = v1::ListVerdictsRequest::descriptor()->file()->FindServiceByName("Control");
  ASSERT_NE(service, nullptr);
  for (int i = 0; i < service->method_count(); ++i) {
    const auto& method = *service->method(i);
    const std::string path = "/" + service->full_name() + "/" + method.name();
    for (int round = 0; round < 60; ++round) {
      std::string bytes = any_message(method.input_type()->full_name());
      if (round % 2 == 1) bytes = broken(bytes);
      const bool is_endless = method.name() == "Watch";
      const auto status = tests::exchange(channel, path, bytes, is_endless).status;
      EXPECT_GE(status.error_code(), 0) << path;
      EXPECT_LE(status.error_code(), 16) << path;
      EXPECT_NE(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED) << path;
      EXPECT_NE(status.error_code(), grpc::StatusCode::UNAVAILABLE) << path;
    }
  }
  const auto stub = v1::Control::NewStub(channel);
  grpc::ClientContext context;
  v1::Status status;
  ASSERT_TRUE(stub->GetStatus(&context, {}, &status).ok());
  EXPECT_GE(status.limit(), status.limit_min());
  EXPECT_LE(status.limit(), status.limit_max());
}

}  // namespace
}  // namespace sweetspot::control
