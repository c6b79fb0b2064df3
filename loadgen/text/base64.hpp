#pragma once

#include <string>

namespace sweetspot::loadgen {

std::string base64(const std::string& bytes);  // RFC 4648, padded

}  // namespace sweetspot::loadgen
