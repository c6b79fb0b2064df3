#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace sweetspot::engine {

// Room for the one operation that a connection has outstanding, so that none is allocated. A second
// one (of a closed socket, whose end is still to be told) goes to the heap.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t size) {
    if (used_ || size > room_.size()) return ::operator new(size);
    used_ = true;
    return room_.data();
  }

  void deallocate(void* memory) {
    if (memory == room_.data()) {
      used_ = false;
    } else {
      ::operator delete(memory);
    }
  }

 private:
  alignas(std::max_align_t) std::array<std::byte, 320> room_;
  bool used_ = false;
};

// The same as a standard allocator, as Asio wants it of a handler.
template <class T>
class HandlerAllocator {
 public:
  using value_type = T;
  explicit HandlerAllocator(HandlerMemory& memory) : memory_(&memory) {}
  template <class U>
  HandlerAllocator(const HandlerAllocator<U>& other) noexcept : memory_(other.memory_) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(sizeof(T) * count)); }
  void deallocate(T* memory, std::size_t) { memory_->deallocate(memory); }
  bool operator==(const HandlerAllocator& other) const = default;

 private:
  template <class>
  friend class HandlerAllocator;
  HandlerMemory* memory_;
};

}  // namespace sweetspot::engine
