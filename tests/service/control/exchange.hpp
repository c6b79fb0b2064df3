#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <string>
#include <vector>

namespace sweetspot::tests {

// What came back: the first message as bytes, and how the call ended.
struct Exchanged {
  std::string answer;
  grpc::Status status;
};

// One message on any method, as bytes: for services whose stubs are not ours, and for what no stub
// would send. Reads at most a few answers; a stream that would not end by itself is cancelled after
// the first of them.
inline Exchanged exchange(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                          const std::string& bytes, bool is_endless = false) {
  constexpr int most_answers = 3;
  grpc::GenericStub generic(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  grpc::CompletionQueue queue;
  const auto wait = [&] {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return ok;
  };
  const auto call = generic.PrepareCall(&context, method, &queue);
  call->StartCall(nullptr);
  wait();
  const grpc::Slice slice(bytes);
  call->WriteLast(grpc::ByteBuffer(&slice, 1), {}, nullptr);
  wait();
  Exchanged exchanged;
  for (int i = 0; i < most_answers; ++i) {
    grpc::ByteBuffer answer;
    call->Read(&answer, nullptr);
    if (!wait()) break;
    std::vector<grpc::Slice> parts;
    if (i == 0) answer.Dump(&parts);
    for (const auto& part : parts)
      exchanged.answer.append(reinterpret_cast<const char*>(part.begin()), part.size());
    if (is_endless) context.TryCancel();
  }
  call->Finish(&exchanged.status, nullptr);
  wait();
  queue.Shutdown();
  return exchanged;
}

}  // namespace sweetspot::tests
