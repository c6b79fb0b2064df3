#include "loadgen/command/stop_signal.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>

namespace sweetspot::loadgen {

StopSignal::StopSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  descriptor_ = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignal::~StopSignal() { ::close(descriptor_); }

}  // namespace sweetspot::loadgen
