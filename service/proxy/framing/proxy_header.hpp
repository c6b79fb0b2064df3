#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sweetspot::proxy {

// The header of the PROXY protocol, version 1 or 2, at the beginning of a connection: who the
// client of the proxy in front of us is. Takes no byte more than the header has.
class ProxyHeader {
 public:
  enum class Read { complete, more, failed };
  Read read_from(int socket);  // what is there, without waiting

  // The same from memory: takes what belongs to the header from the beginning of `bytes`.
  Read take_from(std::string_view& bytes);

  // Once complete: the client's address without its port; empty where the proxy speaks for itself.
  const std::string& source() const { return source_; }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);
  std::size_t missing(std::string_view bytes) const;
  bool parse();
  bool parse_v1();
  bool parse_v2();

  std::string text_, source_;
};

}  // namespace sweetspot::proxy
