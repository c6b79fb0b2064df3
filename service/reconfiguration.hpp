#pragma once

#include <functional>
#include <string>
#include <vector>

#include "service/config/change.hpp"
#include "service/control/orders.hpp"
#include "service/control/reconfiguration.hpp"

namespace sweetspot::service {

// The configuration in force, and its exchange under traffic: judged as a whole, then put in force
// as far as that needs no restart. On the control thread; owned by App.
class Reconfiguration {
 public:
  // Puts a sound configuration in force, of which these keys are new.
  using PutInForce = std::function<void(const config::Config& next,
                                        const std::vector<std::string>& keys, control::Order why)>;

  // `arguments` are the command line: its flags go on winning over whatever comes.
  Reconfiguration(std::vector<std::string> arguments, config::Loaded start,
                  PutInForce put_in_force);

  const config::Config& config() const { return in_force_.config; }
  const config::Loaded& in_force() const { return in_force_; }
  const std::string& file() const { return in_force_.file; }  // empty where there is none
  std::vector<std::string> files() const;                     // it, where there is one

  // From the file of the command line, as it is now. `source`: what asked for it.
  control::Reconfigured reload(const std::string& source);

  // From a document in the file's place, until the next reload. validate() only says what apply()
  // would do.
  control::Reconfigured apply(const std::string& yaml, const control::Order& order);
  control::Reconfigured validate(const std::string& yaml) const;

  // Called after each attempt but validate()'s.
  void on_attempt(std::function<void(const control::ConfigurationStatus&)> listener);
  const control::ConfigurationStatus& status() const { return status_; }

 private:
  std::vector<const char*> argv() const;
  config::Loaded read_document(const std::string& yaml) const;
  config::Change judge(const config::Loaded& next) const;
  control::Reconfigured take(const config::Loaded& next, const std::string& source,
                             const control::Order& why);

  const std::vector<std::string> arguments_;
  config::Loaded in_force_;
  PutInForce put_in_force_;
  std::function<void(const control::ConfigurationStatus&)> listener_;
  control::ConfigurationStatus status_;
};

}  // namespace sweetspot::service
