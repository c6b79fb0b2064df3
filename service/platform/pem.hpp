#pragma once

#include <string>

namespace sweetspot::platform {

// What is wrong with a file of certificates or keys, with its path: that it cannot be read, or
// holds no PEM. Empty for neither; whether the right things are in it is for others to say.
std::string judge_pem(const std::string& path);

}  // namespace sweetspot::platform
