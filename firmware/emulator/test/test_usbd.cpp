#include <cstring>
#include <string>
#include <vector>

#include "emulator/peripherals/usbd.h"
#include "emulator/test/chip.h"

namespace tinyhost::emulator {
namespace {

constexpr uint32_t kStartEpIn0 = 0x004, kStartEpOut2 = 0x030, kEp0Status = 0x050, kEp0Stall = 0x054;
constexpr uint32_t kEndEpIn2 = 0x110, kEndEpOut2 = 0x138, kEp0Setup = 0x15c, kEventCause = 0x400, kDataStatus = 0x46c;
constexpr uint32_t kSizeOut2 = 0x4a8, kEnable = 0x500, kPullUp = 0x504, kToggle = 0x50c, kInEnable = 0x510;
constexpr uint32_t kOutEnable = 0x514, kStall = 0x518, kEpIn0 = 0x600, kEpIn2 = 0x628, kEpOut2 = 0x728;
constexpr uint32_t kBuffer = kRamBegin + 0x100;

struct UsbdTest : Chip {
  ClockPower power{system};
  ErrataRegisters errata;
  Usbd usbd{system, power, errata};

  /// Attaches as a program does that keeps to the specification and its errata.
  void Attach() {
    errata.usb_power_171 = 0xc0;
    errata.usb_power_187 = 3;
    errata.usb_dma_199 = 0x82;
    power.Write(0x000, 1);  // HFCLKSTART
    Run(power, 400);
    usbd.Write(kEnable, 1);
    Run(usbd, 100);
    Run(power, 2000);
    usbd.Write(kPullUp, 1);
    usbd.BusReset();
    usbd.Write(kInEnable, 5);
    usbd.Write(kOutEnable, 5);
  }
  void Transfer(uint32_t registers, uint32_t pointer, uint32_t n, uint32_t task) {
    usbd.Write(registers, pointer);
    usbd.Write(registers + 4, n);
    usbd.Write(task, 1);
  }
  Handshake TakeIn(int endpoint, std::string* text, int* toggle) {
    std::vector<uint8_t> data;
    const Handshake handshake = usbd.In(endpoint, &data, toggle);
    text->assign(data.begin(), data.end());
    return handshake;
  }
  Handshake SendOut(const std::string& text, int toggle) {
    return usbd.Out(2, reinterpret_cast<const uint8_t*>(text.data()), text.size(), toggle);
  }
};

TEST_CASE_FIXTURE(UsbdTest, "a program that keeps to the specification attaches without a defect") {
  Attach();
  CHECK(usbd.is_attached());
  CHECK((usbd.Read(kEventCause) & 1u << 11) != 0);
  CHECK(log.n_defects() == 0);
}

TEST_CASE_FIXTURE(UsbdTest, "errata 171 and 187, and a pull-up without crystal and power, are defects") {
  usbd.Write(kEnable, 1);
  CHECK(log.n_defects() == 2);
  usbd.Write(kPullUp, 1);
  CHECK(log.n_defects() == 5);  // no crystal, no USBPWRRDY, no READY
  CHECK_FALSE(usbd.is_attached());
}

TEST_CASE_FIXTURE(UsbdTest, "a packet waits for its EasyDMA, and then for the host") {
  Attach();
  std::memcpy(memory.ram() + 0x100, "hello", 5);
  std::string text;
  int toggle = 0;
  Transfer(kEpIn2, kBuffer, 5, kStartEpIn0 + 8);
  CHECK(TakeIn(2, &text, &toggle) == Handshake::kNak);
  Run(usbd, 10);
  CHECK(usbd.Read(kEndEpIn2) == 1);
  CHECK(TakeIn(2, &text, &toggle) == Handshake::kAck);
  CHECK(text == "hello");
  CHECK(toggle == 0);
  CHECK(usbd.Read(kDataStatus) == 4);
  CHECK(TakeIn(2, &text, &toggle) == Handshake::kNak);
}

TEST_CASE_FIXTURE(UsbdTest, "two transfers by EasyDMA at once are a defect, and so is one outside RAM") {
  Attach();
  Transfer(kEpIn2, kBuffer, 64, kStartEpIn0 + 8);
  Transfer(kEpIn0, kBuffer, 8, kStartEpIn0);
  CHECK(log.n_defects() == 1);
  Run(usbd, 10);
  std::string text;
  int toggle = 0;
  TakeIn(2, &text, &toggle);
  Transfer(kEpIn2, 0x10000, 5, kStartEpIn0 + 8);
  CHECK(log.n_defects() == 2);
}

TEST_CASE_FIXTURE(UsbdTest, "erratum 199: a task during EasyDMA is a defect without its workaround") {
  Attach();
  errata.usb_dma_199 = 0;
  Transfer(kEpIn2, kBuffer, 64, kStartEpIn0 + 8);
  usbd.Write(kEp0Status, 1);
  CHECK(log.n_defects() == 1);
}

TEST_CASE_FIXTURE(UsbdTest,
                  "what the host sends is in RAM after EasyDMA and not before, and only then comes the next") {
  Attach();
  CHECK(SendOut("early", 0) == Handshake::kNak);
  usbd.Write(kSizeOut2, 0);
  CHECK(SendOut("first", 0) == Handshake::kAck);
  CHECK(usbd.Read(kSizeOut2) == 5);
  CHECK(SendOut("second", 1) == Handshake::kNak);
  Transfer(kEpOut2, kBuffer, 5, kStartEpOut2);
  CHECK(std::memcmp(memory.ram() + 0x100, "first", 5) != 0);
  Run(usbd, 10);
  CHECK(usbd.Read(kEndEpOut2) == 1);
  CHECK(std::memcmp(memory.ram() + 0x100, "first", 5) == 0);
  CHECK(SendOut("second", 1) == Handshake::kAck);
}

TEST_CASE_FIXTURE(UsbdTest, "a packet with the wrong data toggle is acknowledged and dropped") {
  Attach();
  usbd.Write(kSizeOut2, 0);
  CHECK(SendOut("again", 1) == Handshake::kAck);
  CHECK(usbd.Read(kDataStatus) == 0);
  usbd.Write(kToggle, 2 | 2 << 8);  // DATA1 next
  CHECK(SendOut("again", 1) == Handshake::kAck);
  CHECK(usbd.Read(kDataStatus) == 1u << 18);
}

TEST_CASE_FIXTURE(UsbdTest, "a halted endpoint stalls until it is let go") {
  Attach();
  std::string text;
  int toggle = 0;
  usbd.Write(kStall, 0x182);
  CHECK(TakeIn(2, &text, &toggle) == Handshake::kStall);
  usbd.Write(kStall, 0x082);
  CHECK(TakeIn(2, &text, &toggle) == Handshake::kNak);
}

TEST_CASE_FIXTURE(UsbdTest, "a control request ends when the program allows its status stage, or stalls") {
  Attach();
  const SetupPacket set_configuration = {0, 9, 1, 0, 0, 0, 0, 0};
  CHECK(usbd.Setup(set_configuration) == Handshake::kAck);
  CHECK(usbd.Read(kEp0Setup) == 1);
  CHECK(usbd.Status() == Handshake::kNak);
  usbd.Write(kEp0Status, 1);
  CHECK(usbd.Status() == Handshake::kAck);
  usbd.Setup(set_configuration);
  usbd.Write(kEp0Stall, 1);
  CHECK(usbd.Status() == Handshake::kStall);
  usbd.Setup({0, 5, 7, 0, 0, 0, 0, 0});  // SET_ADDRESS: the peripheral's own affair
  CHECK(usbd.Status() == Handshake::kAck);
}

TEST_CASE_FIXTURE(UsbdTest, "without VBUS the device is gone") {
  Attach();
  power.SetVbus(false);
  CHECK_FALSE(usbd.is_attached());
}

}  // namespace
}  // namespace tinyhost::emulator
