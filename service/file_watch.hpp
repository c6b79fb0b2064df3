#pragma once

#include <sys/types.h>

#include <ctime>
#include <string>

namespace sweetspot::service {

// Notices that a file has become another: written anew, replaced, or reached through links that
// were swapped, as Kubernetes does with a mounted ConfigMap. Asked about once a second, at the
// price of one system call. One thread.
class FileWatch {
 public:
  explicit FileWatch(std::string path);  // as it is now

  // Once after each change, when the file has stayed the same since the last look: whoever writes
  // it in parts has ended.
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
  Stamp look() const;

  std::string path_;
  Stamp known_, last_;
};

}  // namespace sweetspot::service
