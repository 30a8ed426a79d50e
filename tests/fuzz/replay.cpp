// A main for the fuzzers where there is no libFuzzer: runs every file of the folders it is given,
// and changed copies of each, the same ones every time.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace {

using bytes = std::vector<std::uint8_t>;

bytes read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return bytes(std::istreambuf_iterator<char>(file), {});
}

void run(const bytes& input) { LLVMFuzzerTestOneInput(input.data(), input.size()); }

void run_changed(bytes input, std::mt19937& random) {
  for (int i = 0; i < CHANGED_COPIES; ++i) {
    if (input.empty() || random() % 8 == 0) {
      input.insert(input.begin() + static_cast<std::ptrdiff_t>(random() % (input.size() + 1)),
                   static_cast<std::uint8_t>(random()));
    } else {
      input[random() % input.size()] = static_cast<std::uint8_t>(random());
    }
    run(input);
  }
}

}  // namespace

int main(int count, char** arguments) {
  std::mt19937 random(1);
  int files = 0;
  for (int i = 1; i < count; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(arguments[i])) {
      const bytes input = read(entry.path());
      run(input);
      run_changed(input, random);
      ++files;
    }
  }
  std::printf("%d inputs and %d changed ones\n", files, files * CHANGED_COPIES);
  return files > 0 ? 0 : 1;
}
