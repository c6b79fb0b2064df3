#include "service/control/api/file_sender.hpp"

namespace sweetspot::control {
namespace {

constexpr std::size_t largest_part = 32 * 1024;

}  // namespace

// All are opened at once, so that a rotation meanwhile changes nothing.
void FileSender::send(const std::vector<std::string>& paths) {
  for (const auto& path : paths)
    if (std::ifstream file(path, std::ios::binary); file) files_.push_back(std::move(file));
  send_part();
}

void FileSender::send_part() {
  std::string& bytes = *part_.mutable_data();
  while (!files_.empty()) {
    bytes.resize(largest_part);
    files_.front().read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(files_.front().gcount()));
    if (!bytes.empty()) return StartWrite(&part_);
    files_.pop_front();
  }
  Finish(grpc::Status::OK);
}

void FileSender::OnWriteDone(bool ok) {
  if (!ok) return Finish({grpc::StatusCode::CANCELLED, "the reader left"});
  send_part();
}

}  // namespace sweetspot::control
