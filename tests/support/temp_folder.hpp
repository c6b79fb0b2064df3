#pragma once

#include <stdlib.h>

#include <filesystem>

namespace sweetspot::support {

// A folder of a test's own. It ends with the test, whatever is in it.
class TempFolder {
 public:
  TempFolder() {
    char name[] = "/tmp/sweetspot-test-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~TempFolder() { std::filesystem::remove_all(path_); }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace sweetspot::support
