#include "service/reconfiguration.hpp"

#include <utility>

#include "service/config/change.hpp"

namespace sweetspot::service {

using control::Reconfigured;

Reconfiguration::Reconfiguration(std::vector<std::string> arguments, config::Loaded start,
                                 PutInForce put_in_force)
    : arguments_(std::move(arguments)),
      in_force_(std::move(start)),
      put_in_force_(std::move(put_in_force)) {}

Reconfigured Reconfiguration::reload(const std::string& source) {
  const auto words = argv();
  return take(config::load(static_cast<int>(words.size()), words.data()), source,
              {"the configuration was reloaded: " + source, "sweetspot"});
}

Reconfigured Reconfiguration::apply(const std::string& yaml, const control::Order& order) {
  return take(read_document(yaml), order.who.empty() ? "control" : "control:" + order.who, order);
}

Reconfigured Reconfiguration::validate(const std::string& yaml) const {
  auto change = config::change(in_force_, read_document(yaml));
  return {std::move(change.applied), std::move(change.restart), std::move(change.errors)};
}

void Reconfiguration::on_attempt(
    std::function<void(const control::ConfigurationStatus&)> listener) {
  listener_ = std::move(listener);
}

std::vector<const char*> Reconfiguration::argv() const {
  std::vector<const char*> words;
  for (const auto& word : arguments_) words.push_back(word.c_str());
  return words;
}

config::Loaded Reconfiguration::read_document(const std::string& yaml) const {
  const auto words = argv();
  return config::load_document(static_cast<int>(words.size()), words.data(), "document", yaml);
}

Reconfigured Reconfiguration::take(const config::Loaded& next, const std::string& source,
                                   const control::Order& why) {
  auto change = config::change(in_force_, next);
  Reconfigured result{std::move(change.applied), std::move(change.restart),
                      std::move(change.errors)};
  if (result.accepted()) {
    const std::string file = in_force_.file;
    in_force_ = std::move(change.in_force);
    in_force_.file = file;
    if (!result.applied.empty()) put_in_force_(in_force_.config, result.applied, why);
    status_.waiting = result.restart;
  }
  ++(result.accepted() ? status_.accepted : status_.refused);
  status_.last = result;
  status_.source = source;
  status_.at = std::chrono::system_clock::now();
  if (listener_) listener_(status_);
  return result;
}

}  // namespace sweetspot::service
