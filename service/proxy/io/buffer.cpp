#include "service/proxy/io/buffer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>
#include <utility>

namespace sweetspot::proxy {

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(other.pool_),
      memory_(std::exchange(other.memory_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this != &other) {
    reset();
    pool_ = other.pool_;
    memory_ = std::exchange(other.memory_, nullptr);
    capacity_ = std::exchange(other.capacity_, 0);
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
  }
  return *this;
}

void Buffer::reserve(std::size_t room, BufferPool& pool) {
  if (has_memory() && this->room() >= room) return;
  const std::size_t used = size();
  if (has_memory() && capacity_ - used >= room) {
    std::memmove(memory_, data(), used);
  } else {
    Buffer larger = pool.take(used + room);
    if (used > 0) std::memcpy(larger.memory_, data(), used);
    *this = std::move(larger);
  }
  begin_ = 0;
  end_ = used;
}

void Buffer::reset() {
  if (has_memory()) pool_->give_back(std::exchange(memory_, nullptr), capacity_);
  capacity_ = begin_ = end_ = 0;
}

Buffer BufferPool::take(std::size_t capacity) {
  Buffer buffer;
  buffer.pool_ = this;
  buffer.capacity_ = std::max(smallest, std::bit_ceil(capacity));
  const auto index = static_cast<std::size_t>(std::countr_zero(buffer.capacity_ / smallest));
  if (index < free_.size() && !free_[index].empty()) {
    buffer.memory_ = free_[index].back().release();
    free_[index].pop_back();
  } else {
    buffer.memory_ = map(buffer.capacity_).release();
  }
  budget_.used.fetch_add(buffer.capacity_, std::memory_order_relaxed);
  return buffer;
}

BufferPool::Pages BufferPool::map(std::size_t size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return Pages(static_cast<char*>(memory), Unmap{size});
}

void BufferPool::Unmap::operator()(char* memory) const { ::munmap(memory, size); }

void BufferPool::give_back(char* memory, std::size_t capacity) {
  Pages owned(memory, Unmap{capacity});
  budget_.used.fetch_sub(capacity, std::memory_order_relaxed);
  const auto index = static_cast<std::size_t>(std::countr_zero(capacity / smallest));
  if (index < free_.size() && free_[index].size() * capacity < kept_bytes) {
    free_[index].push_back(std::move(owned));
  }
}

}  // namespace sweetspot::proxy
