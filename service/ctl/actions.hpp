#pragma once

#include <iosfwd>

#include "service/ctl/client.hpp"
#include "service/ctl/options.hpp"

namespace sweetspot::ctl {

// What the commands do: one call each, by the options as they are then, and its answer printed.
class Actions {
 public:
  Actions(const Options& options, std::ostream& out);

  Outcome status();
  Outcome watch();
  Outcome explain();
  Outcome curve();
  Outcome log();
  Outcome doctor();
  Outcome windows();

  Outcome pin();
  Outcome unpin();
  Outcome rollback();
  Outcome bounds();
  Outcome retune();
  Outcome pause();
  Outcome resume();
  Outcome objective();
  Outcome mode();

  Outcome config_get();
  Outcome config_check();
  Outcome config_apply();

  Outcome health();
  Outcome drain();

 private:
  Client connect() const;
  bool is_text() const { return options_.format() == Format::text; }

  // Prints a message as it was asked for; `text` is what people get.
  void print(const google::protobuf::Message& message, const std::string& text);
  Outcome show(Outcome outcome, const v1::Status& status);
  template <class Request>
  Outcome send(Outcome (Client::*call)(const Request&, v1::Status&), Request request);
  Outcome read_document(std::string& document) const;
  Outcome watch_live(const v1::WatchRequest& request);

  const Options& options_;
  std::ostream& out_;
};

}  // namespace sweetspot::ctl
