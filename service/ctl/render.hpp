#pragma once

#include <string>
#include <vector>

#include "sweetspot/v1/control.pb.h"

namespace sweetspot::ctl {

enum class Format { text, json, yaml };

// For machines: every field of the contract under its own name. JSON is one line; YAML is a
// document that begins with `---`, so that a stream of them is one, too.
std::string to_json(const google::protobuf::Message& message);
std::string to_yaml(const google::protobuf::Message& message);

// For people. A status is a few lines, a verdict or a status in a watch is one.
std::string status_text(const v1::Status& status);
std::string event_text(const v1::WatchEvent& event);
std::string curve_text(const v1::Curve& curve);
std::string diagnosis_text(const v1::Diagnosis& diagnosis);

std::string config_text(const v1::Config& config);  // a YAML document, fit for --config
// `now`: what to say of the keys that need no restart.
std::string review_text(const v1::ConfigReview& review, const std::string& now);

// A screen of a live watch: the status, and below it the newest verdicts.
std::string table_text(const v1::Status& status, const std::vector<v1::Verdict>& newest);

// Why the limit is what it is, in plain sentences with a picture of the knee. `verdicts`: the last
// ones, oldest first.
std::string explanation_text(const v1::Status& status, const v1::Curve& curve,
                             const std::vector<v1::Verdict>& verdicts);

}  // namespace sweetspot::ctl
