#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace sweetspot::proxy {

class BufferPool;

// Contiguous bytes as they came from a socket: data() .. data() + size() have not been consumed,
// tail() .. tail() + room() is free. Movable; gives its memory back to its pool. One thread.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer() { reset(); }

  bool has_memory() const { return memory_ != nullptr; }
  const char* data() const { return memory_ + begin_; }
  std::size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::string_view view() const { return {data(), size()}; }
  char* tail() { return memory_ + end_; }
  std::size_t room() const { return capacity_ - end_; }
  std::size_t capacity() const { return capacity_; }

  void commit(std::size_t bytes) { end_ += bytes; }
  void consume(std::size_t bytes) { begin_ += bytes; }
  void rewind() { begin_ = end_ = 0; }  // forgets all; only where nothing refers to the bytes

  // Room for at least `room` bytes. May move the data: nothing may refer to it by address.
  void reserve(std::size_t room, BufferPool& pool);
  void reset();  // without memory, as made

 private:
  friend class BufferPool;
  BufferPool* pool_ = nullptr;
  char* memory_ = nullptr;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
};

// What all workers' buffers in use may take together. Beyond it nothing is read ahead: what a
// message in flight needs to go on it still gets. Any thread.
struct BufferBudget {
  std::atomic<std::size_t> most, used{0};
};

// The buffers of one worker, by size; keeps some to be used again, and gives the others back to the
// kernel: on the heap a burst of connections would leave its pages behind. One thread. Outlives
// them.
class BufferPool {
 public:
  static constexpr std::size_t smallest = 16 * 1024;

  explicit BufferPool(BufferBudget& budget) : budget_(budget) {}
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  Buffer take(std::size_t capacity);  // of at least this capacity
  bool has_room(std::size_t bytes) const {
    return budget_.used.load(std::memory_order_relaxed) + bytes <
           budget_.most.load(std::memory_order_relaxed);
  }

 private:
  friend class Buffer;
  struct Unmap {
    std::size_t size;
    void operator()(char* memory) const;
  };
  using Pages = std::unique_ptr<char, Unmap>;
  static Pages map(std::size_t size);
  void give_back(char* memory, std::size_t capacity);

  BufferBudget& budget_;
  static constexpr std::size_t kept_bytes = 2 * 1024 * 1024;  // of each size
  std::array<std::vector<Pages>, 6> free_;                    // 16 KiB .. 512 KiB
};

}  // namespace sweetspot::proxy
