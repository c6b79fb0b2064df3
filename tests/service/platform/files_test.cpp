#include "service/platform/files.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/support/temp_folder.hpp"

namespace sweetspot::platform {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

struct FilesTest : testing::Test {
  support::TempFolder folder;

  std::string file(const std::string& text) {
    const std::string path = folder.path() / "file";
    std::ofstream(path) << text;
    return path;
  }
  std::string pipe() {
    const std::string path = folder.path() / "pipe";
    ::mkfifo(path.c_str(), 0600);
    return path;
  }
};

TEST_F(FilesTest, are_read_whole) {
  std::string text(100'000, 'x');
  text[1] = '\0';
  text[2] = '\n';
  const std::string path = file(text);
  EXPECT_EQ(*read_file(path), text);
  EXPECT_EQ(*read_stream(path), text);
  EXPECT_EQ(judge_file(path), "");
}

TEST_F(FilesTest, are_read_up_to_their_bound) {
  EXPECT_EQ(*read_file(file(std::string(2048, 'x')), 2048), std::string(2048, 'x'));
  const std::string path = file(std::string(2049, 'x'));
  for (const auto& error :
       {read_file(path, 2048).error, read_stream(path, 2048).error, judge_file(path, 2048)})
    EXPECT_EQ(error, "has more than 2 KiB");
}

TEST_F(FilesTest, that_never_end_are_given_up) {
  EXPECT_EQ(read_stream("/dev/zero").error, "has more than 1 MiB");
  EXPECT_EQ(read_file("/dev/zero").error, "is not a regular file");
  EXPECT_EQ(judge_file("/dev/zero"), "is not a regular file");
}

TEST_F(FilesTest, that_are_none_are_named_so) {
  for (const auto& error : {read_file(folder.path()).error, read_stream(folder.path()).error,
                            judge_file(folder.path())})
    EXPECT_EQ(error, "cannot be read: Is a directory");
  const std::string none = folder.path() / "none";
  for (const auto& error : {read_file(none).error, read_stream(none).error, judge_file(none)})
    EXPECT_EQ(error, "cannot be read: No such file or directory");
}

TEST_F(FilesTest, of_the_kernel_have_no_size_and_are_read_all_the_same) {
  EXPECT_THAT(*read_file("/proc/self/status"), HasSubstr("VmRSS"));
}

TEST_F(FilesTest, a_pipe_is_waited_for_until_its_writer_ends) {
  const std::string path = pipe();
  std::thread writer([&] {
    std::ofstream to(path);  // waits for the reader
    for (int i = 0; i < 1000; ++i) to << "0123456789" << std::flush;
  });
  const auto read = read_stream(path);
  writer.join();
  EXPECT_EQ((*read).size(), 10'000u) << read.error;
}

TEST_F(FilesTest, a_pipe_to_which_nobody_writes_is_given_up) {
  const std::string path = pipe();
  EXPECT_EQ(read_stream(path, largest_file, 20ms).error, "cannot be read: nothing comes for 20ms");
  EXPECT_EQ(read_file(path).error, "is not a regular file");
}

TEST_F(FilesTest, hold_a_secret_as_their_first_word) {
  EXPECT_EQ(first_word(read_file(file("\n  secret more\n"))), "secret");
  EXPECT_EQ(first_word(read_file("/dev/zero")), "");
}

}  // namespace
}  // namespace sweetspot::platform
