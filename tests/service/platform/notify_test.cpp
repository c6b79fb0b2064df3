#include "service/platform/notify.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace sweetspot::platform {
namespace {

struct NotifyTest : testing::Test {
  NotifyTest() { ::setenv("NOTIFY_SOCKET", path.c_str(), 1); }
  ~NotifyTest() override {
    ::unsetenv("NOTIFY_SOCKET");
    ::unlink(path.c_str());
  }
  const std::string path = "/tmp/sweetspot-notify-" + std::to_string(::getpid());
};

TEST_F(NotifyTest, tells_the_service_manager_in_one_datagram) {
  const int manager = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(manager, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  notify("READY=1\nSTATUS=serving");
  char text[64];
  const auto got = ::recv(manager, text, sizeof text, MSG_DONTWAIT);
  EXPECT_EQ(std::string(text, static_cast<std::size_t>(got < 0 ? 0 : got)),
            "READY=1\nSTATUS=serving");
  ::close(manager);
}

TEST_F(NotifyTest, does_nothing_where_nobody_listens) {
  notify("READY=1");
  ::setenv("NOTIFY_SOCKET", "not a path", 1);
  notify("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  notify("READY=1");
}

TEST(Watchdog, is_wanted_only_of_the_process_that_is_named) {
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(watchdog_interval(), std::chrono::seconds(30));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_FALSE(watchdog_interval());
  ::unsetenv("WATCHDOG_USEC");
  ::unsetenv("WATCHDOG_PID");
  EXPECT_FALSE(watchdog_interval());
}

}  // namespace
}  // namespace sweetspot::platform
