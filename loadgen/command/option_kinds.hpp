#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "loadgen/command/options.hpp"
#include "loadgen/text/format.hpp"
#include "service/platform/units.hpp"

// The kinds of options that commands have in common.
namespace sweetspot::loadgen {

// An option whose text one of platform's readers understands.
template <class T, class Store>
CLI::Option* add_parsed(CLI::App* app, const std::string& name,
                        platform::Parsed<T> (*parse)(std::string_view), Store store,
                        const std::string& help, const std::string& type) {
  return app
      ->add_option_function<std::string>(
          name,
          [=](const std::string& text) {
            const auto parsed = parse(text);
            if (!parsed) throw CLI::ValidationError(name, parsed.error);
            store(*parsed);
          },
          help)
      ->type_name(type);
}

template <class Store>
CLI::Option* add_duration(CLI::App* app, const std::string& name, Store store,
                          const std::string& help) {
  return add_parsed(app, name, platform::parse_duration, store, help, "DURATION");
}

// What an option allows is told by its type already: else help would tell it twice.
inline CLI::Validator untold(CLI::Validator validator) { return validator.description(""); }

inline CLI::Validator existing_file() { return untold(CLI::ExistingFile); }

template <class T>
CLI::Option* add_choice(CLI::App* app, const std::string& name, T& value,
                        const std::map<std::string, T>& choices, const std::string& help) {
  std::string type;
  for (const auto& [word, meaning] : choices) type += (type.empty() ? "" : "|") + word;
  return app
      ->add_option_function<std::string>(
          name, [&value, choices](const std::string& word) { value = choices.at(word); }, help)
      ->check(untold(CLI::IsMember(choices)))
      ->type_name(type);
}

// The same, but it may be repeated.
template <class T>
CLI::Option* add_parsed_list(CLI::App* app, const std::string& name,
                             platform::Parsed<T> (*parse)(std::string_view), std::vector<T>& values,
                             const std::string& help, const std::string& type) {
  return app
      ->add_option_function<std::vector<std::string>>(
          name,
          [name, parse, &values](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) {
              const auto parsed = parse(text);
              if (!parsed) throw CLI::ValidationError(name, parsed.error);
              values.push_back(*parsed);
            }
          },
          help)
      ->type_name(type)
      ->allow_extra_args(false);
}

// CLI's own Range lets "nan" through.
template <class Number>
CLI::Validator within(Number low, Number high) {
  const std::string bounds =
      format("%.15g to %.15g", static_cast<double>(low), static_cast<double>(high));
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        Number value{};
        if (CLI::detail::lexical_cast(text, value) && value >= low && value <= high) return {};
        return format("\"%s\" is not valid; allowed is a number from %s", text.c_str(),
                      bounds.c_str());
      },
      bounds);
}

inline CLI::Validator from_one() { return within(1, 1'000'000); }

using Outputs = std::map<std::string, Output>;
const Outputs& outputs_of_run();
const Outputs& outputs_of_sweep();
void add_output(CLI::App* app, Output& output, const Outputs& outputs);
void add_objective(CLI::App* app, tuner::Objective& objective, std::optional<Duration>& bound);

// The commands that drive load, which have most of the options.
void add_run(CLI::App* app, RunOptions& options);
void add_sweep(CLI::App* app, SweepOptions& options);

// What no single option can know. Throws CLI::ValidationError.
void check(const RunOptions& options);
void check(const SweepOptions& options);

}  // namespace sweetspot::loadgen
