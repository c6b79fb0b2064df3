#include "service/reconfiguration.hpp"

#include <algorithm>
#include <utility>

#include "service/proxy/io/tls.hpp"

namespace sweetspot::service {

using control::Reconfigured;

Reconfiguration::Reconfiguration(std::vector<std::string> arguments, config::Loaded start,
                                 PutInForce put_in_force)
    : arguments_(std::move(arguments)),
      in_force_(std::move(start)),
      put_in_force_(std::move(put_in_force)) {}

Reconfigured Reconfiguration::reload(const std::string& source) {
  const auto words = argv();
  return take(config::load_again(static_cast<int>(words.size()), words.data()), source,
              {"the configuration was reloaded: " + source, "sweetspot"});
}

Reconfigured Reconfiguration::apply(const std::string& yaml, const control::Order& order) {
  return take(read_document(yaml), order.who.empty() ? "control" : "control:" + order.who, order);
}

Reconfigured Reconfiguration::validate(const std::string& yaml) const {
  auto change = judge(read_document(yaml));
  return {std::move(change.applied), std::move(change.restart), std::move(change.errors)};
}

void Reconfiguration::on_attempt(
    std::function<void(const control::ConfigurationStatus&)> listener) {
  listener_ = std::move(listener);
}

std::vector<std::string> Reconfiguration::files() const {
  if (file().empty()) return {};
  return {file()};
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

// Files of TLS that wait for a restart must not be what it then fails by.
config::Change Reconfiguration::judge(const config::Loaded& next) const {
  auto change = config::change(in_force_, next);
  const bool brings_files =
      std::any_of(change.restart.begin(), change.restart.end(), [](const std::string& key) {
        return key.starts_with("tls.") || key.starts_with("upstream_tls.");
      });
  if (!brings_files || !change.errors.empty()) return change;
  if (auto problem = proxy::load_tls(next.config.proxy).error; !problem.empty())
    change.errors.push_back(std::move(problem));
  return change;
}

Reconfigured Reconfiguration::take(const config::Loaded& next, const std::string& source,
                                   const control::Order& why) {
  auto change = judge(next);
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
