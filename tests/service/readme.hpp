#pragma once

#include <fstream>
#include <string>
#include <vector>

namespace sweetspot::tests {

// The rows of the first table below a heading of service/README.md, without its two head lines.
inline std::vector<std::string> readme_table(const std::string& heading) {
  std::ifstream readme(SWEETSPOT_SOURCE_DIR "/service/README.md");
  std::vector<std::string> rows;
  std::string line;
  while (std::getline(readme, line) && line != heading) {
  }
  while (std::getline(readme, line) && !line.starts_with("#")) {
    if (line.starts_with("|")) rows.push_back(line);
    else if (!rows.empty()) break;
  }
  if (rows.size() > 2) rows.erase(rows.begin(), rows.begin() + 2);
  return rows;
}

}  // namespace sweetspot::tests
