#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "emulator/board/bootloader.h"
#include "emulator/test/chip.h"
#include "emulator/test/scratch.h"

namespace tinyhost::emulator {
namespace {

using Decision = Bootloader::Decision;

struct BootloaderTest : Chip {
  Scratch scratch;
  FlashController flash{system, 1};
  SerialPort port{log};
  Bootloader bootloader{system, flash, port, "0123456789ABCDEF"};
  int terminal = -1;

  ~BootloaderTest() {
    if (terminal >= 0) ::close(terminal);
  }
  void PassMs(uint64_t ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      Run(bootloader, 1000);
      port.Poll();
    }
  }
  std::string Record() {
    std::ifstream file("usb.json");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void Serve() {
    bootloader.Serve();
    PassMs(600);
    const std::string record = Record();
    const size_t begin = record.find("/dev/");
    terminal = ::open(record.substr(begin, record.find('"', begin) - begin).c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK);
    REQUIRE(terminal >= 0);
  }
  /// The answer within this many milliseconds.
  std::string Ask(const std::string& bytes, uint64_t ms = 10) {
    REQUIRE(::write(terminal, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    PassMs(ms);
    char answer[256];
    const ssize_t n = ::read(terminal, answer, sizeof answer);
    return std::string(answer, static_cast<size_t>(std::max<ssize_t>(n, 0)));
  }
  void PutProgram() {
    StoreWord(memory.flash() + kProgramBegin, 0x20040000);
    StoreWord(memory.flash() + kProgramBegin + 4, 0x10101);
  }
};

TEST_CASE_FIXTURE(BootloaderTest,
                  "it stays without a program, after a touch, and after two taps; else the program starts") {
  CHECK(bootloader.Decide(0, 0) == Decision::kServe);
  PutProgram();
  CHECK(bootloader.Decide(0, 0) == Decision::kStartProgram);
  CHECK(bootloader.Decide(4, Bootloader::kStayMagic) == Decision::kServe);
  CHECK(bootloader.Decide(1, 0) == Decision::kAwaitSecondTap);
  bootloader.AwaitSecondTap();
  PassMs(300);
  bootloader.Reset();
  CHECK(bootloader.Decide(1, 0) == Decision::kServe);
  CHECK(bootloader.Decide(1, 0) == Decision::kAwaitSecondTap);
  bootloader.AwaitSecondTap();
  PassMs(501);
  CHECK(bootloader.TakeStart());
}

TEST_CASE_FIXTURE(BootloaderTest, "it is another product with the app's serial number behind zeros") {
  Serve();
  CHECK(Record().find("\"pid\": 90, \"serial\": \"00000000000000000123456789ABCDEF\"") != std::string::npos);
  CHECK(Ask("N#") == "\n\r");
  CHECK(Ask("V#") == std::string("Arduino Bootloader (SAM-BA extended) 2.0 [Arduino:IKXYZ]\n\r\0n", 60));
  CHECK(Ask("I#") == std::string("nRF52840-QIAA\n\r\0X", 17));
}

TEST_CASE_FIXTURE(BootloaderTest, "an upload erases and writes a page in the time that flash takes") {
  Serve();
  const std::string page(kFlashPageBytes, 'p');
  CHECK(Ask("S00000000,00001000#" + page.substr(0, 2000)).empty());
  CHECK(Ask(page.substr(2000)).empty());
  CHECK(Ask("Y00000000,0#") == "Y\n\r");
  CHECK(Ask("Y00001000,00001000#", 120).empty());  // 85 ms and 1,024 words of 41 us
  CHECK(Ask("", 20) == "Y\n\r");
  CHECK(std::all_of(memory.flash() + 0x11000, memory.flash() + 0x12000, [](uint8_t byte) { return byte == 'p'; }));
  CHECK(memory.flash()[0x12000] == 0xff);
  CHECK(Ask("Z00001000,00001000#") == Ask("Z00001000,00001000#"));
  CHECK(Ask("Z00001000,00000001#") == "Z00007E97#\n\r");
  CHECK(log.n_defects() == 0);
}

TEST_CASE_FIXTURE(BootloaderTest, "it restarts the board when it is told to, and hangs on bytes beyond its buffers") {
  Serve();
  Ask("K#");
  CHECK(bootloader.TakeRestart());
  Ask("Z00000000,00002000#");
  CHECK(Ask("V#").empty());
}

}  // namespace
}  // namespace tinyhost::emulator
