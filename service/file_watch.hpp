#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>
#include <vector>

namespace sweetspot::service {

// Notices that one of a few files has become another: written anew, replaced, or reached through
// links that were swapped, as Kubernetes does with a mounted ConfigMap. Asked about once a second,
// at the price of one system call. One thread.
class FileWatch {
 public:
  explicit FileWatch(std::vector<std::string> paths);  // as they are now

  // Once after a change, when all have stayed the same since the last look: whoever writes them, or
  // one in parts, has ended.
  bool has_changed();
  void forget() { known_ = last_ = look(); }  // whatever has changed until now

 private:
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = -1;  // where there is no such file
    std::timespec written{};
    bool operator==(const Stamp& other) const;
  };
  std::vector<Stamp> look() const;

  std::vector<std::string> paths_;
  std::vector<Stamp> known_, last_;
};

}  // namespace sweetspot::service
