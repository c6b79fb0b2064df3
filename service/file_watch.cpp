#include "service/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace sweetspot::service {

bool FileWatch::Stamp::operator==(const Stamp& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         written.tv_sec == other.written.tv_sec && written.tv_nsec == other.written.tv_nsec;
}

FileWatch::FileWatch(std::vector<std::string> paths)
    : paths_(std::move(paths)), known_(look()), last_(known_) {}

bool FileWatch::has_changed() {
  auto now = look();
  const bool is_settled = now == last_;
  last_ = now;
  if (!is_settled || now == known_) return false;
  known_ = std::move(now);
  return true;
}

std::vector<FileWatch::Stamp> FileWatch::look() const {
  std::vector<Stamp> stamps;
  for (const auto& path : paths_) {
    struct stat seen {};
    const bool exists = ::stat(path.c_str(), &seen) == 0;
    stamps.push_back(exists ? Stamp{seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtim}
                            : Stamp{});
  }
  return stamps;
}

}  // namespace sweetspot::service
