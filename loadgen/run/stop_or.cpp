#include "loadgen/run/stop_or.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <initializer_list>

namespace sweetspot::loadgen {

StopOr::StopOr(int other)
    : own_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), both_(::epoll_create1(EPOLL_CLOEXEC)) {
  for (const int descriptor : {own_, other}) {
    if (descriptor < 0) continue;
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(both_, EPOLL_CTL_ADD, descriptor, &event);
  }
}

StopOr::~StopOr() {
  ::close(both_);
  ::close(own_);
}

void StopOr::set() { ::eventfd_write(own_, 1); }

}  // namespace sweetspot::loadgen
