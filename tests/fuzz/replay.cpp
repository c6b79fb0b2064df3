// A fuzzer's target without libFuzzer: is fed its seeds, then seeds changed at random.
//   PROGRAM FOLDER CHANGED [SEED]
// The same seed changes them alike; what is at work when it aborts is told.
#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Random = std::mt19937;

constexpr std::size_t largest = 4096;
volatile std::sig_atomic_t at_work = 0;

std::vector<std::string> read_seeds(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> seeds;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return seeds;
}

std::size_t up_to(std::size_t most, Random& random) {
  return std::uniform_int_distribution<std::size_t>(0, most)(random);
}

// One change: a byte is another, a part is gone, a part comes twice, or the rest is another seed's.
void change(std::string& input, const std::string& other, Random& random) {
  const std::size_t at = up_to(input.size(), random);
  const std::size_t size = up_to(std::min<std::size_t>(input.size() - at, 16), random);
  switch (up_to(3, random)) {
    case 0:
      if (at < input.size()) input[at] = static_cast<char>(up_to(255, random));
      break;
    case 1:
      input.erase(at, size);
      break;
    case 2:
      input.insert(at, input.substr(at, size));
      break;
    default:
      input.replace(at, std::string::npos, other, up_to(other.size(), random), std::string::npos);
  }
  input.resize(std::min(input.size(), largest));
}

void feed(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  at_work = at_work + 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const auto seeds = read_seeds(argv[1]);
  const int changed = std::atoi(argv[2]);
  const unsigned seed = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1;
  if (seeds.empty()) return 2;
  std::printf("%zu seeds, then %d changed ones by seed %u\n", seeds.size(), changed, seed);
  std::signal(SIGABRT, [](int) { std::fprintf(stderr, "input %d\n", static_cast<int>(at_work)); });

  for (const auto& input : seeds) feed(input);
  Random random(seed);
  for (int i = 0; i < changed; ++i) {
    std::string input = seeds[up_to(seeds.size() - 1, random)];
    for (std::size_t changes = 1 + up_to(3, random); changes > 0; --changes)
      change(input, seeds[up_to(seeds.size() - 1, random)], random);
    feed(input);
  }
}
