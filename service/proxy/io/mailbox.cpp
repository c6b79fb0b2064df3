#include "service/proxy/io/mailbox.hpp"

#include <sys/eventfd.h>

#include <boost/asio/buffer.hpp>
#include <system_error>
#include <utility>

namespace sweetspot::proxy {

namespace {
int make_eventfd() {
  const int fd = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return fd;
}
}  // namespace

Mailbox::Mailbox(Executor executor) : wakeup_(executor, make_eventfd()) {}

void Mailbox::post(Message message) {
  std::lock_guard lock(mutex_);
  messages_.push_back(std::move(message));
  if (messages_.size() == 1) ::eventfd_write(wakeup_.native_handle(), 1);
}

void Mailbox::open() { listen(); }

void Mailbox::close() {
  std::lock_guard lock(mutex_);
  error_code ignored;
  wakeup_.cancel(ignored);
}

void Mailbox::listen() {
  wakeup_.async_read_some(asio::buffer(&wakeups_, sizeof wakeups_),
                          [this](error_code error, std::size_t) {
                            if (error) return;
                            listen();
                            run_messages();
                          });
}

void Mailbox::run_messages() {
  std::vector<Message> messages;
  {
    std::lock_guard lock(mutex_);
    messages.swap(messages_);
  }
  for (Message& message : messages) message();
}

}  // namespace sweetspot::proxy
