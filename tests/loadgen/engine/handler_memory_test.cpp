#include "loadgen/engine/handler_memory.hpp"

#include <gtest/gtest.h>

namespace sweetspot::engine {
namespace {

TEST(HandlerMemory, gives_the_same_room_again_and_again) {
  HandlerMemory memory;
  void* first = memory.allocate(100);
  memory.deallocate(first);
  EXPECT_EQ(memory.allocate(200), first);
  memory.deallocate(first);
}

TEST(HandlerMemory, finds_other_room_for_what_does_not_fit) {
  HandlerMemory memory;
  void* first = memory.allocate(100);
  void* second = memory.allocate(100);
  EXPECT_NE(first, second);
  memory.deallocate(first);
  void* large = memory.allocate(100'000);
  EXPECT_NE(large, first);
  memory.deallocate(large);
  memory.deallocate(second);
}

}  // namespace
}  // namespace sweetspot::engine
