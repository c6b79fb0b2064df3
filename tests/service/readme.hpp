#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace sweetspot::tests {

// The rows of the first table below a line of a README in service/, without its two head lines.
inline std::vector<std::string> readme_table(const std::string& line_above,
                                             const std::string& file = "README.md") {
  std::ifstream readme(SWEETSPOT_SOURCE_DIR "/service/" + file);
  std::vector<std::string> rows;
  std::string line;
  while (std::getline(readme, line) && !line.starts_with(line_above)) {
  }
  while (std::getline(readme, line) && !line.starts_with("#")) {
    if (line.starts_with("|"))
      rows.push_back(line);
    else if (!rows.empty())
      break;
  }
  if (rows.size() > 2) rows.erase(rows.begin(), rows.begin() + 2);
  return rows;
}

// What stands in backticks in the first paragraph of service/README.md that begins like this.
inline std::vector<std::string> readme_names(const std::string& beginning) {
  std::ifstream readme(SWEETSPOT_SOURCE_DIR "/service/README.md");
  std::vector<std::string> names;
  std::string line;
  while (std::getline(readme, line) && !line.starts_with(beginning)) {
  }
  for (; !line.empty(); std::getline(readme, line))
    for (std::size_t open = 0; (open = line.find('`', open)) != std::string::npos;) {
      const auto close = line.find('`', open + 1);
      names.push_back(line.substr(open + 1, close - open - 1));
      open = close + 1;
    }
  return names;
}

}  // namespace sweetspot::tests
