#include "service/admission/settings.hpp"

#include <algorithm>

namespace sweetspot::admission {

std::string_view to_string(ShedReason reason) {
  switch (reason) {
    case ShedReason::queue_full:
      return "queue_full";
    case ShedReason::queue_timeout:
      return "queue_timeout";
    case ShedReason::deadline:
      return "deadline";
    case ShedReason::codel:
      return "codel";
    case ShedReason::draining:
      return "draining";
  }
  return "unknown";
}

std::string_view to_string(Mode mode) {
  switch (mode) {
    case Mode::enforce:
      return "enforce";
    case Mode::shadow:
      return "shadow";
    case Mode::off:
      return "off";
  }
  return "unknown";
}

std::string_view to_string(Discipline discipline) {
  switch (discipline) {
    case Discipline::fifo:
      return "fifo";
    case Discipline::lifo:
      return "lifo";
    case Discipline::adaptive:
      return "adaptive";
  }
  return "unknown";
}

bool may_become(const Settings& from, const Settings& to) {
  const auto same_class = [](const RequestClass& a, const RequestClass& b) {
    return a.name == b.name && a.group == b.group && a.fair == b.fair;
  };
  const auto same_group = [](const Group& a, const Group& b) { return a.name == b.name; };
  return std::equal(from.classes.begin(), from.classes.end(), to.classes.begin(), to.classes.end(),
                    same_class) &&
         std::equal(from.groups.begin(), from.groups.end(), to.groups.begin(), to.groups.end(),
                    same_group);
}

}  // namespace sweetspot::admission
