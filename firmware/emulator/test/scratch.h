#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tinyhost::emulator {

/// A working directory of its own for the lifetime of a test.
class Scratch {
 public:
  Scratch() : before_(std::filesystem::current_path()) {
    std::string path = (std::filesystem::temp_directory_path() / "nano33emu-XXXXXX").string();
    path_ = ::mkdtemp(path.data());
    std::filesystem::current_path(path_);
  }
  ~Scratch() {
    std::filesystem::current_path(before_);
    std::filesystem::remove_all(path_);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

 private:
  std::filesystem::path before_;
  std::filesystem::path path_;
};

}  // namespace tinyhost::emulator
