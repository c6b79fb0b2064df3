#include "service/fleet/view.hpp"

#include <array>

namespace sweetspot::fleet {
namespace {

constexpr std::array states{State::off,    State::waiting,     State::following, State::exploring,
                            State::paused, State::unavailable, State::refused};

}  // namespace

std::string_view to_string(State state) {
  switch (state) {
    case State::off:
      return "off";
    case State::waiting:
      return "waiting";
    case State::following:
      return "following";
    case State::exploring:
      return "exploring";
    case State::paused:
      return "paused";
    case State::unavailable:
      return "unavailable";
    case State::refused:
      return "refused";
  }
  return "unknown";
}

std::span<const State> all_states() { return states; }

}  // namespace sweetspot::fleet
