#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <new>

namespace sweetspot::proxy {

// One asynchronous operation of an owner, at most one pending at a time, with the memory that
// Asio needs for it: none is allocated on the request path. The owner outlives what is pending.
class Operation {
 public:
  bool pending = false;
  boost::system::error_code error;
  std::size_t bytes = 0;

  void* allocate(std::size_t size) {
    if (size > sizeof memory_ || in_use_) return ::operator new(size);
    in_use_ = true;
    return memory_;
  }
  void deallocate(void* memory) {
    if (memory != memory_) return ::operator delete(memory);
    in_use_ = false;
  }

 private:
  bool in_use_ = false;
  alignas(std::max_align_t) std::byte memory_[184];
};

template <typename T>
struct OperationAllocator {
  using value_type = T;
  Operation* operation;

  explicit OperationAllocator(Operation* op) : operation(op) {}
  template <typename U>
  OperationAllocator(const OperationAllocator<U>& other) : operation(other.operation) {}

  // cppcheck-suppress sizeofVoid ; the allocator of void allocates nothing
  T* allocate(std::size_t n) { return static_cast<T*>(operation->allocate(n * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { operation->deallocate(memory); }
  template <typename U>
  bool operator==(const OperationAllocator<U>& other) const {
    return operation == other.operation;
  }
};

// The handler of an operation: keeps its result there and tells the owner.
template <typename Owner>
struct Completion {
  Owner* owner;
  Operation* operation;

  using allocator_type = OperationAllocator<void>;
  allocator_type get_allocator() const noexcept { return allocator_type(operation); }

  void operator()(boost::system::error_code error, std::size_t bytes = 0) const {
    operation->pending = false;
    operation->error = error;
    operation->bytes = bytes;
    owner->on_completed(*operation);
  }
};

// To be passed to an async_… function.
template <typename Owner>
Completion<Owner> begin(Owner* owner, Operation& operation) {
  operation.pending = true;
  return {owner, &operation};
}

}  // namespace sweetspot::proxy
