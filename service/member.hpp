#pragma once

#include <memory>

#include "service/config/settings.hpp"
#include "service/fleet/fleet.hpp"
#include "service/memory.hpp"
#include "service/observe/log.hpp"

namespace sweetspot::service {

// This replica as a member of its fleet, which logs what becomes of it; null where it stands alone.
std::unique_ptr<fleet::Fleet> make_member(boost::asio::io_context& loop,
                                          const config::Config& config, const Memory& memory,
                                          const observe::Log& log);

}  // namespace sweetspot::service
