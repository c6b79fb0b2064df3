#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "sweetspot/v1/control.pb.h"

namespace sweetspot::control {

// Streams files one after the other, a part at a time as its reader takes them. Owns itself until
// gRPC is done with it. Either send() or refuse() is called once, by any thread.
class FileSender : public grpc::ServerWriteReactor<v1::RecordingPart> {
 public:
  explicit FileSender(std::function<void()> on_done) : on_done_(std::move(on_done)) {}

  void send(const std::vector<std::string>& paths);  // those that cannot be opened are left out
  void refuse(const grpc::Status& status) { Finish(status); }

 private:
  void OnWriteDone(bool ok) override;
  void OnDone() override {
    on_done_();
    delete this;
  }
  void send_part();

  std::function<void()> on_done_;
  std::deque<std::ifstream> files_;
  v1::RecordingPart part_;
};

}  // namespace sweetspot::control
