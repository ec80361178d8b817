#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "emulator/test/chip.h"
#include "emulator/test/scratch.h"
#include "emulator/usb/host.h"

namespace tinyhost::emulator {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes StringDescriptor(const std::string& text) {
  Bytes bytes = {static_cast<uint8_t>(2 + 2 * text.size()), 3};
  for (const char c : text) bytes.insert(bytes.end(), {static_cast<uint8_t>(c), 0});
  return bytes;
}

/// A CDC ACM device that answers at once, and records its requests.
class Device final : public UsbDevice {
 public:
  bool is_attached() const override { return is_pulled_up; }
  void BusReset() override { ++n_resets; }
  void Suspend() override { events += "suspend "; }
  void Resume() override { events += "resume "; }
  void StartFrame(uint16_t) override { ++n_frames; }

  Handshake Setup(const SetupPacket& packet) override {
    requests.push_back(Hex(packet.data(), packet.size()));
    if (packet[0] == 0x21 && packet[1] == 0x22) events += packet[2] != 0 ? "DTR " : "no DTR ";
    reply_ = Describe(packet);
    const size_t length = packet[6] | packet[7] << 8;
    is_stalled_ = (packet[0] & 0x80) != 0 && reply_.empty();
    if (reply_.size() > length) reply_.resize(length);
    return Handshake::kAck;
  }
  Handshake In(int endpoint, std::vector<uint8_t>* data, int* toggle) override {
    if (endpoint == 0 && is_stalled_) return Handshake::kStall;
    Bytes& source = endpoint == 0 ? reply_ : to_host;
    const size_t n = std::min<size_t>(source.size(), kMaxPacket);
    data->assign(source.begin(), source.begin() + static_cast<ptrdiff_t>(n));
    source.erase(source.begin(), source.begin() + static_cast<ptrdiff_t>(n));
    *toggle = endpoint == 0 ? 0 : in_toggle;
    if (endpoint != 0) in_toggle ^= 1;
    return Handshake::kAck;
  }
  Handshake Out(int endpoint, const uint8_t* data, size_t n, int) override {
    (endpoint == 0 ? control_out : from_host).append(data, data + n);
    if (endpoint == 0) return Handshake::kAck;
    packet_sizes.push_back(n);
    events += std::string(data, data + n) + " ";
    return Handshake::kAck;
  }
  Handshake Status() override { return Handshake::kAck; }
  bool HasPacket(int endpoint) const override { return endpoint == 2 && !to_host.empty(); }
  bool HasRoom(int) const override { return has_room; }

  bool is_pulled_up = true;
  bool has_room = true;
  int n_resets = 0;
  int n_frames = 0;
  int in_toggle = 0;
  std::string events;
  std::vector<std::string> requests;
  std::vector<size_t> packet_sizes;
  std::basic_string<uint8_t> control_out;
  std::basic_string<uint8_t> from_host;
  Bytes to_host;

 private:
  static Bytes Describe(const SetupPacket& packet) {
    static const Bytes kConfiguration = {9, 2, 39, 0, 2, 1, 0, 0x80, 250,  9, 4,  0, 0, 0, 2, 2,    0, 0,  9, 4, 1,
                                         0, 2, 10, 0, 0, 0, 7, 5,    0x02, 2, 64, 0, 0, 7, 5, 0x82, 2, 64, 0, 0};
    static const std::string kTexts[] = {"", "Arduino", "Nano 33 BLE", "0123456789ABCDEF"};
    if (packet[1] != 6) return {};
    if (packet[3] == 1) return {18, 1, 0, 2, 2, 0, 0, 64, 0x41, 0x23, 0x5a, 0x80, 0, 1, 1, 2, 3, 1};
    if (packet[3] == 2) return kConfiguration;
    if (packet[3] == 3) return packet[2] == 0 ? Bytes{4, 3, 9, 4} : StringDescriptor(kTexts[packet[2] & 3]);
    return {};
  }

  Bytes reply_;
  bool is_stalled_ = false;
};

struct HostTest : Chip {
  Scratch scratch;
  Device device;
  SerialPort port{log};
  UsbHost host{system, device, port, 50};
  int terminal = -1;

  ~HostTest() {
    if (terminal >= 0) ::close(terminal);
  }
  void PassMs(uint64_t ms) {
    for (uint64_t i = 0; i < ms; ++i) {
      Run(host, 1000);
      port.Poll();
      host.FollowPort();
    }
  }
  std::string Record() {
    std::ifstream file("usb.json");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  void OpenAtOnce() {
    const std::string record = Record();
    const size_t begin = record.find("/dev/");
    terminal = ::open(record.substr(begin, record.find('"', begin) - begin).c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK);
    REQUIRE(terminal >= 0);
  }
  void Open() {
    OpenAtOnce();
    PassMs(3);
  }
  void Write(const std::string& text) {
    REQUIRE(::write(terminal, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void Close() {
    ::close(terminal);
    terminal = -1;
  }
  void SetBaud(speed_t speed) {
    termios settings = {};
    ::tcgetattr(terminal, &settings);
    ::cfsetspeed(&settings, speed);
    ::tcsetattr(terminal, TCSANOW, &settings);
    PassMs(3);
  }
};

TEST_CASE_FIXTURE(HostTest, "a device is enumerated in the order of chapter 9, and told in usb.json") {
  PassMs(90);
  CHECK(device.requests.empty());  // it may bounce for 100 ms
  PassMs(110);
  const std::vector<std::string> expected = {
      "8006000100004000", "0005070000000000", "8006000100001200", "8006000200000900", "8006000200002700",
      "800600030000ff00", "800601030904ff00", "800602030904ff00", "800603030904ff00", "0009010000000000"};
  REQUIRE(device.requests.size() > expected.size());
  for (size_t i = 0; i < expected.size(); ++i) CHECK(device.requests[i] == expected[i]);
  CHECK(device.n_resets == 2);
  CHECK(host.is_configured());
  CHECK(Record().find("\"vid\": 9025, \"pid\": 32858, \"serial\": \"0123456789ABCDEF\"") != std::string::npos);
}

TEST_CASE_FIXTURE(HostTest,
                  "opening the port is DTR, its rate the line coding, and closing it comes after what was written") {
  PassMs(200);
  device.requests.clear();
  Open();
  CHECK(device.requests == std::vector<std::string>{"2122030000000000"});
  device.control_out.clear();
  SetBaud(B115200);
  CHECK(device.control_out == std::basic_string<uint8_t>{0x00, 0xc2, 0x01, 0, 0, 0, 8});
  device.requests.clear();
  device.has_room = false;
  REQUIRE(::write(terminal, "bye", 3) == 3);
  Close();
  PassMs(5);
  CHECK(device.requests.empty());
  device.has_room = true;
  PassMs(5);
  CHECK(device.from_host == std::basic_string<uint8_t>{'b', 'y', 'e'});
  CHECK(device.requests == std::vector<std::string>{"2122000000000000"});
}

TEST_CASE_FIXTURE(HostTest, "each program has DTR around what it writes, as quick as programs may follow each other") {
  PassMs(200);
  device.has_room = false;
  OpenAtOnce();
  PassMs(2);
  Write("one");
  Close();
  PassMs(2);
  OpenAtOnce();
  Write("two");
  PassMs(2);
  device.has_room = true;
  PassMs(5);
  Close();
  PassMs(2);
  OpenAtOnce();
  Write("three");  // opened, written to and closed between two looks
  Close();
  PassMs(2);
  OpenAtOnce();
  Write("four");
  PassMs(2);
  CHECK(device.events == "DTR one no DTR DTR two no DTR DTR three no DTR DTR four ");
}

TEST_CASE_FIXTURE(HostTest, "1200 baud drops DTR, as programs do that touch a board, and another rate raises it") {
  PassMs(200);
  Open();
  device.requests.clear();
  SetBaud(B1200);
  CHECK(device.requests == std::vector<std::string>{"2120000000000700", "2122000000000000"});
  device.requests.clear();
  SetBaud(B115200);
  CHECK(device.requests == std::vector<std::string>{"2120000000000700", "2122030000000000"});
}

TEST_CASE_FIXTURE(HostTest, "bytes go out in packets of 64, and come in in order") {
  PassMs(200);
  Open();
  const std::string text(150, 'x');
  REQUIRE(::write(terminal, text.data(), text.size()) == 150);
  PassMs(5);
  CHECK(device.packet_sizes == std::vector<size_t>{64, 64, 22});
  device.to_host = {'a', 'b', 'c'};
  PassMs(3);
  char bytes[8] = {};
  CHECK(::read(terminal, bytes, sizeof bytes) == 3);
  CHECK(std::string(bytes) == "abc");
}

TEST_CASE_FIXTURE(HostTest, "a packet with the wrong data toggle is lost, and told") {
  PassMs(200);
  Open();
  device.in_toggle = 1;
  device.to_host = {'a'};
  PassMs(3);
  CHECK(log.n_defects() == 1);
  char byte = 0;
  CHECK(::read(terminal, &byte, 1) < 0);
}

TEST_CASE_FIXTURE(HostTest, "a host that does not read leaves the packet where it is") {
  PassMs(200);
  Open();
  host.SetReading(false);
  device.to_host = {'a'};
  PassMs(50);
  CHECK(device.to_host.size() == 1);
  host.SetReading(true);
  PassMs(2);
  CHECK(device.to_host.empty());
}

TEST_CASE_FIXTURE(HostTest, "a control transfer of a test gets its answer, or a stall") {
  PassMs(200);
  std::string answers;
  for (const SetupPacket& setup : {SetupPacket{0x80, 6, 0, 1, 0, 0, 8, 0}, SetupPacket{0xff, 1, 0, 0, 0, 0, 1, 0}}) {
    ControlTransfer transfer;
    transfer.setup = setup;
    transfer.done = [&answers](ControlTransfer::Result result, const std::vector<uint8_t>& data) {
      answers += result == ControlTransfer::Result::kStall ? "stall " : Hex(data.data(), data.size()) + " ";
    };
    host.QueueControl(std::move(transfer));
  }
  PassMs(2);
  CHECK(answers == "1201000202000040 stall ");
}

TEST_CASE_FIXTURE(HostTest, "a suspended bus has no frames; a device that leaves has no port") {
  PassMs(200);
  host.Suspend();
  const int n_frames = device.n_frames;
  PassMs(10);
  CHECK(device.n_frames == n_frames);
  host.Resume();
  PassMs(10);
  CHECK(device.n_frames > n_frames);
  CHECK(device.events == "suspend resume ");
  device.is_pulled_up = false;
  PassMs(2);
  CHECK_FALSE(host.is_configured());
  CHECK(Record().empty());
}

}  // namespace
}  // namespace tinyhost::emulator
