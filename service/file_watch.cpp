#include "service/file_watch.hpp"

#include <sys/stat.h>

#include <utility>

namespace sweetspot::service {

bool FileWatch::Stamp::operator==(const Stamp& other) const {
  return device == other.device && inode == other.inode && size == other.size &&
         written.tv_sec == other.written.tv_sec && written.tv_nsec == other.written.tv_nsec;
}

FileWatch::FileWatch(std::string path) : path_(std::move(path)), known_(look()), last_(known_) {}

bool FileWatch::has_changed() {
  const Stamp now = look();
  const bool is_settled = now == std::exchange(last_, now);
  if (!is_settled || now == known_) return false;
  known_ = now;
  return true;
}

FileWatch::Stamp FileWatch::look() const {
  struct stat seen {};
  if (::stat(path_.c_str(), &seen) != 0) return {};
  return {seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtim};
}

}  // namespace sweetspot::service
