#include "service/admission/settings.hpp"

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

}  // namespace sweetspot::admission
