#include "loadgen/backend/thread.hpp"

#include <memory>
#include <utility>

namespace sweetspot::backend {
namespace {

void* run(void* body) {
  const std::unique_ptr<std::function<void()>> owned(static_cast<std::function<void()>*>(body));
  (*owned)();
  return nullptr;
}

}  // namespace

bool Thread::start(std::size_t stack_bytes, std::function<void()> body) {
  pthread_attr_t attributes;
  if (pthread_attr_init(&attributes) != 0) return false;
  pthread_attr_setstacksize(&attributes, stack_bytes);
  auto owned = std::make_unique<std::function<void()>>(std::move(body));
  pthread_t handle{};
  const int error = pthread_create(&handle, &attributes, run, owned.get());
  pthread_attr_destroy(&attributes);
  if (error != 0) return false;
  static_cast<void>(owned.release());  // the thread's from here on
  handle_ = handle;
  return true;
}

Thread::~Thread() {
  if (handle_) pthread_join(*handle_, nullptr);
}

}  // namespace sweetspot::backend
