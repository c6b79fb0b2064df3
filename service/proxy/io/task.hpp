#pragma once

#include <array>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <new>
#include <optional>
#include <utility>

namespace sweetspot::proxy {

// Recycles coroutine frames of one worker. One thread. Outlives the frames.
class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool() {
    for (auto& list : free_) {
      while (list != nullptr) ::operator delete(std::exchange(list, list->next));
    }
  }

  void* allocate(std::size_t size) {
    const std::size_t total = size + sizeof(Header);
    const std::size_t index = (total - 1) / granule;
    void* memory;
    if (index < free_.size() && free_[index] != nullptr) {
      memory = std::exchange(free_[index], free_[index]->next);
    } else {
      memory = ::operator new((index + 1) * granule);
    }
    // cppcheck-suppress CastIntegerToAddressAtReturn ; it takes the pointer for a number
    return ::new (memory) Header{this, index} + 1;
  }

  static void deallocate(void* frame) {
    Header* header = static_cast<Header*>(frame) - 1;
    FramePool* pool = header->pool;
    const std::size_t index = header->index;
    if (index >= pool->free_.size()) return ::operator delete(header);
    pool->free_[index] = ::new (header) Node{pool->free_[index]};
  }

 private:
  struct alignas(std::max_align_t) Header {
    FramePool* pool;
    std::size_t index;
  };
  struct Node {
    Node* next;
  };
  static constexpr std::size_t granule = 128;
  std::array<Node*, 16> free_{};
};

// Frames of a member coroutine come from its object's pool: `frames()`.
struct PooledFrame {
  template <typename Self, typename... Arguments>
  static void* operator new(std::size_t size, Self& self, Arguments&&...) {
    return self.frames().allocate(size);
  }
  // NOLINTNEXTLINE(misc-new-delete-overloads): what matches it is a template
  static void operator delete(void* frame) { FramePool::deallocate(frame); }
};

// The story of a session, from its accept to its close. Starts at once; owns itself; an exception
// must not leave it.
struct Story {
  struct promise_type : PooledFrame {
    Story get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// A step of a story that may have to wait. Runs when awaited; returns to whoever awaits it.
template <typename T>
class [[nodiscard]] Task {
 public:
  struct promise_type : PooledFrame {
    Task get_return_object() { return Task(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept { return Return{}; }
    void return_value(T result) { value = std::move(result); }
    void unhandled_exception() { error = std::current_exception(); }

    std::coroutine_handle<> caller;
    std::optional<T> value;
    std::exception_ptr error;
  };

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (frame_) frame_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
    frame_.promise().caller = caller;
    return frame_;
  }
  T await_resume() {
    if (frame_.promise().error) std::rethrow_exception(frame_.promise().error);
    return std::move(*frame_.promise().value);
  }

 private:
  using Handle = std::coroutine_handle<promise_type>;
  struct Return {
    bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(Handle done) noexcept { return done.promise().caller; }
    void await_resume() noexcept {}
  };
  explicit Task(Handle frame) : frame_(frame) {}
  Handle frame_;
};

// Where a story waits until something happens to it. Whoever makes something happen calls wake();
// the story then looks at what has changed, so that a wake-up too many does no harm.
class Event {
 public:
  void wake() {
    if (waiting_) std::exchange(waiting_, nullptr).resume();
  }

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
  void await_resume() const noexcept {}

 private:
  std::coroutine_handle<> waiting_;
};

}  // namespace sweetspot::proxy
