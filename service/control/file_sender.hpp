#pragma once

#include <grpcpp/grpcpp.h>

#include <deque>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "sweetspot/v1/control.pb.h"

namespace sweetspot::control {

// Streams files one after the other, a part at a time as its reader takes them. Owns itself until
// gRPC is done with it. Either send() or refuse() is called once, by any thread.
class FileSender : public grpc::ServerWriteReactor<v1::RecordingPart> {
 public:
  void send(const std::vector<std::string>& paths);  // those that cannot be opened are left out
  void refuse(const grpc::Status& status) { Finish(status); }

 private:
  void OnWriteDone(bool ok) override;
  void OnDone() override { delete this; }
  void send_part();

  std::deque<std::ifstream> files_;
  v1::RecordingPart part_;
};

}  // namespace sweetspot::control
