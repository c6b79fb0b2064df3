#include "service/ctl/completion.hpp"

#include <algorithm>
#include <map>

namespace sweetspot::ctl {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::vector<std::string> flags_of(const CommandInfo& command) {
  std::vector<std::string> flags;
  for (const auto& option : command.options)
    if (!option.is_argument()) flags.insert(flags.end(), option.names.begin(), option.names.end());
  return flags;
}

// What may stand for the command's first argument.
std::vector<std::string> choices_of(const CommandInfo& command) {
  for (const auto& option : command.options)
    if (option.is_argument()) return option.choices;
  return {};
}

bool takes_file(const CommandInfo& command) {
  return std::any_of(command.options.begin(), command.options.end(), [](const OptionInfo& option) {
    return option.is_argument() && option.is_file;
  });
}

// The words that may follow one: commands by their first word, and the second ones of `config`.
std::map<std::string, std::vector<std::string>> followers(
    const std::vector<CommandInfo>& commands) {
  std::map<std::string, std::vector<std::string>> words;
  for (const auto& command : commands) {
    if (command.name.empty()) continue;
    const auto blank = command.name.find(' ');
    const std::string first = command.name.substr(0, blank);
    auto& firsts = words[""];
    if (std::find(firsts.begin(), firsts.end(), first) == firsts.end()) firsts.push_back(first);
    if (blank != std::string::npos) words[first].push_back(command.name.substr(blank + 1));
  }
  return words;
}

// One line of a bash `case`, for a pattern that is quoted but for its bars.
std::string case_line(const std::string& pattern, const std::string& body) {
  return "    " + pattern + ") " + body + " ;;\n";
}

std::string words_line(const std::string& pattern, const std::vector<std::string>& words) {
  return case_line(pattern, "words='" + joined(words, " ") + "'");
}

// After an option that takes a value: what that may be. An option of one name means the same
// everywhere.
std::string values(const std::vector<CommandInfo>& commands) {
  std::map<std::string, std::string> lines;
  for (const auto& command : commands)
    for (const auto& option : command.options) {
      if (option.is_argument() || option.value.empty()) continue;
      std::string body = "COMPREPLY=(); return";
      if (option.is_file) body = "COMPREPLY=($(compgen -f -- \"$word\")); return";
      if (!option.choices.empty())
        body =
            "COMPREPLY=($(compgen -W '" + joined(option.choices, " ") + "' -- \"$word\")); return";
      lines[joined(option.names, "|")] = body;
    }
  std::string text;
  for (const auto& [pattern, body] : lines) text += case_line(pattern, body);
  return text;
}

// The options whose value is the next word, which is no command then.
std::string options_with_value(const std::vector<CommandInfo>& commands) {
  std::vector<std::string> names;
  for (const auto& command : commands)
    for (const auto& option : command.options) {
      if (option.is_argument() || option.value.empty()) continue;
      for (const auto& name : option.names)
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  return joined(names, "|");
}

}  // namespace

std::string bash_completion(const std::vector<CommandInfo>& commands) {
  std::string next, flags;
  for (const auto& [first, words] : followers(commands))
    next += words_line("'" + first + "'", words);
  for (const auto& command : commands) {
    if (command.name.empty()) continue;
    // After its arguments, too.
    flags += words_line("'" + command.name + "'|'" + command.name + " '*", flags_of(command));
    const auto choices = choices_of(command);
    if (!choices.empty())
      next += words_line("'" + command.name + "'", choices);
    else if (takes_file(command))
      next += case_line("'" + command.name + "'", "COMPREPLY=($(compgen -f -- \"$word\")); return");
  }
  return "# Completes sweetspotctl in bash: source <(sweetspotctl completion bash)\n"
         "_sweetspotctl() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' "
         "path='' i\n"
         "  case $before in\n" +
         values(commands) +
         "  esac\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      " +
         options_with_value(commands) +
         ") ((++i)) ;;\n"
         "      -*) ;;\n"
         "      *) path=${path:+$path }${COMP_WORDS[i]} ;;\n"
         "    esac\n"
         "  done\n"
         "  if [[ $word == -* ]]; then\n"
         "    case $path in\n" +
         flags +
         "    esac\n"
         "    words=\"$words " +
         joined(flags_of(commands.front()), " ") +
         "\"\n"
         "  else\n"
         "    case $path in\n" +
         next +
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "complete -F _sweetspotctl sweetspotctl\n";
}

}  // namespace sweetspot::ctl
