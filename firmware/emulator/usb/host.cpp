#include "emulator/usb/host.h"

#include <algorithm>

namespace tinyhost::emulator {
namespace {

constexpr uint64_t kDebounceNs = 100 * Clock::kNsPerMs;    // USB 2.0, 7.1.7.3
constexpr uint64_t kAfterResetNs = 20 * Clock::kNsPerMs;   // 10 ms of reset, 10 of recovery: 7.1.7.5
constexpr uint64_t kAfterAddressNs = 5 * Clock::kNsPerMs;  // 9.2.6.3 asks for 2
constexpr uint64_t kFrameNs = Clock::kNsPerMs;
constexpr uint64_t kControlTimeoutNs = 5000 * Clock::kNsPerMs;  // USB_CTRL_GET_TIMEOUT of Linux

constexpr uint8_t kToHost = 0x80;
constexpr uint8_t kClassToInterface = 0x21;
constexpr uint8_t kSetAddress = 5, kGetDescriptor = 6, kSetConfiguration = 9, kClearFeature = 1;
constexpr uint8_t kSetLineCoding = 0x20, kSetControlLineState = 0x22;  // CDC PSTN 1.2, 6.3
constexpr uint16_t kDeviceDescriptor = 0x0100, kConfigurationDescriptor = 0x0200, kStringDescriptor = 0x0300;
constexpr uint8_t kInterfaceType = 4, kEndpointType = 5;
constexpr uint8_t kCdcData = 10;
constexpr uint16_t kEnglish = 0x0409;
constexpr uint16_t kAddress = 7;
constexpr uint32_t kTouchBaud = 1200;

}  // namespace

UsbHost::UsbHost(System system, UsbDevice& device, SerialPort& port, uint32_t token_us)
    : system_(system), device_(device), port_(port), token_ns_(uint64_t{token_us} * 1000) {}

// Attachment and enumeration.

void UsbHost::Forget(const char* why) {
  if (is_attached_) system_.log.Say("USB: the device has left (%s)", why);
  is_attached_ = is_configured_ = is_suspended_ = told_open_ = is_port_open_ = false;
  attach_at_ns_ = next_frame_ns_ = kNever;
  port_.Detach();
  queue_.clear();
  current_.reset();
}

void UsbHost::Attach() {
  attach_at_ns_ = kNever;
  is_attached_ = true;
  next_frame_ns_ = system_.clock.TrueNs() + kFrameNs;
  ResetBus();
}

void UsbHost::ResetBus() {
  is_configured_ = false;
  port_.Detach();
  queue_.clear();
  current_.reset();
  told_open_ = is_port_open_ = false;
  DriveReset();
  Enumerate();
}

void UsbHost::DriveReset() {
  if (system_.log.traces("usb")) system_.log.Say("USB: bus reset");
  device_.BusReset();
  next_slot_ns_ = system_.clock.TrueNs() + kAfterResetNs;
}

void UsbHost::Ask(uint8_t type, uint8_t request, uint16_t value, uint16_t index, uint16_t length,
                  ControlTransfer::Done done) {
  ControlTransfer transfer;
  transfer.setup = {type,
                    request,
                    static_cast<uint8_t>(value & 0xff),
                    static_cast<uint8_t>(value >> 8),
                    static_cast<uint8_t>(index & 0xff),
                    static_cast<uint8_t>(index >> 8),
                    static_cast<uint8_t>(length & 0xff),
                    static_cast<uint8_t>(length >> 8)};
  transfer.done = std::move(done);
  QueueControl(std::move(transfer));
}

/// In the order of Linux's hub_port_init(): the first eight bytes of the device descriptor, a second reset, an address,
/// and the whole descriptors.
void UsbHost::Enumerate() {
  identity_ = {};
  Ask(kToHost, kGetDescriptor, kDeviceDescriptor, 0, 64, [this](auto, const auto&) {
    DriveReset();
    Ask(0, kSetAddress, kAddress, 0, 0,
        [this](auto, const auto&) { next_slot_ns_ = system_.clock.TrueNs() + kAfterAddressNs; });
    Ask(kToHost, kGetDescriptor, kDeviceDescriptor, 0, 18, [this](auto, const auto& data) {
      device_descriptor_ = data;
      if (data.size() < 18) return system_.log.Defect("USB: a device descriptor of %zu bytes", data.size());
      identity_.vid = static_cast<uint16_t>(data[8] | data[9] << 8);
      identity_.pid = static_cast<uint16_t>(data[10] | data[11] << 8);
      Configure();
    });
  });
}

void UsbHost::Configure() {
  Ask(kToHost, kGetDescriptor, kConfigurationDescriptor, 0, 9, [this](auto, const auto& head) {
    if (head.size() < 9) return system_.log.Defect("USB: a configuration descriptor of %zu bytes", head.size());
    const auto n_total = static_cast<uint16_t>(head[2] | head[3] << 8);
    const uint8_t number = head[5];
    Ask(kToHost, kGetDescriptor, kConfigurationDescriptor, 0, n_total,
        [this](auto, const auto& data) { LearnEndpoints(data); });
    AskForStrings();
    Ask(0, kSetConfiguration, number, 0, 0, [this](auto result, const auto&) {
      if (result == ControlTransfer::Result::kDone) return OnConfigured();
      system_.log.Defect("USB: the configuration was refused");
    });
  });
}

void UsbHost::AskForStrings() {
  Ask(kToHost, kGetDescriptor, kStringDescriptor, 0, 255, nullptr);  // the languages
  AskForString(device_descriptor_[14], &identity_.manufacturer);
  AskForString(device_descriptor_[15], &identity_.product);
  AskForString(device_descriptor_[16], &identity_.serial);
}

void UsbHost::AskForString(uint8_t index, std::string* text) {
  if (index == 0) return;
  const auto value = static_cast<uint16_t>(kStringDescriptor | index);
  Ask(kToHost, kGetDescriptor, value, kEnglish, 255, [text](auto, const auto& data) {
    text->clear();
    for (size_t i = 2; i + 1 < data.size(); i += 2) *text += static_cast<char>(data[i]);
  });
}

void UsbHost::LearnEndpoints(const std::vector<uint8_t>& configuration) {
  bulk_in_ = bulk_out_ = notify_in_ = 0;
  uint8_t interface_class = 0;
  for (size_t i = 0; i + 1 < configuration.size() && configuration[i] != 0; i += configuration[i]) {
    const uint8_t type = configuration[i + 1];
    if (type == kInterfaceType && i + 5 < configuration.size()) interface_class = configuration[i + 5];
    if (type != kEndpointType || i + 2 >= configuration.size()) continue;
    const uint8_t address = configuration[i + 2];
    int& endpoint = interface_class != kCdcData ? notify_in_ : (address & kToHost) != 0 ? bulk_in_ : bulk_out_;
    endpoint = address & 7;
  }
}

void UsbHost::OnConfigured() {
  in_toggle_ = out_toggle_ = 0;
  is_configured_ = true;
  told_baud_ = 0;
  if (bulk_in_ != 0 && bulk_out_ != 0) port_.Attach(identity_);
  FollowPort();
}

// The class driver.

void UsbHost::SendLineCoding() {
  told_baud_ = port_.baud();
  ControlTransfer transfer;
  transfer.setup = {kClassToInterface, kSetLineCoding, 0, 0, 0, 0, 7, 0};
  for (int i = 0; i < 4; ++i) transfer.out.push_back(static_cast<uint8_t>(told_baud_ >> (8 * i)));
  transfer.out.insert(transfer.out.end(), {0, 0, 8});  // one stop bit, no parity, eight bits
  QueueControl(std::move(transfer));
}

void UsbHost::SendLineState(bool is_open) {
  told_open_ = is_open;
  if (system_.log.traces("usb")) {
    system_.log.Say("USB: the port is %s, %u baud", is_open ? "open" : "closed", port_.baud());
  }
  const uint16_t lines = is_open ? 3 : 0;  // DTR and RTS
  Ask(kClassToInterface, kSetControlLineState, lines, 0, 0, nullptr);
}

/// A pseudo terminal has no modem lines. DTR rises before the first byte of a program and falls after its last one. A
/// program that sets 1200 baud drops DTR next, to ask for the bootloader, so it is dropped then.
void UsbHost::FollowPort() {
  if (!is_configured_ || !port_.is_attached()) return;
  if (port_.TakeClosed()) {
    if (told_open_) SendLineState(false);
    is_port_open_ = false;
  }
  if (port_.is_in_use() && !is_port_open_) {
    is_port_open_ = true;
    SendLineState(true);
  }
  if (port_.baud() == told_baud_) return;
  SendLineCoding();
  const bool has_lines = is_port_open_ && port_.baud() != kTouchBaud;
  if (has_lines != told_open_) SendLineState(has_lines);
}

void UsbHost::ClearHalt(uint8_t endpoint_address) {
  const bool is_in = (endpoint_address & kToHost) != 0;
  Ask(2, kClearFeature, 0, endpoint_address, 0,
      [this, is_in](auto, const auto&) { (is_in ? in_toggle_ : out_toggle_) = 0; });
}

void UsbHost::Suspend() {
  if (!is_attached_ || is_suspended_) return;
  is_suspended_ = true;
  device_.Suspend();
}

void UsbHost::Resume() {
  if (!is_suspended_) return;
  is_suspended_ = false;
  device_.Resume();
  next_frame_ns_ = system_.clock.TrueNs() + kFrameNs;
  next_slot_ns_ = system_.clock.TrueNs() + kAfterResetNs;  // 20 ms of resume: 7.1.7.7
}

// Time.

bool UsbHost::has_work() const {
  if (current_.has_value() || !queue_.empty()) return true;
  if (!is_configured_) return false;
  const bool wants_in = is_reading_ && port_.is_open() && port_.has_room();
  if (wants_in && device_.HasPacket(bulk_in_)) return true;
  if (notify_in_ != 0 && device_.HasPacket(notify_in_)) return true;
  return !port_.from_program().empty() && device_.HasRoom(bulk_out_);
}

uint64_t UsbHost::NextEvent() const {
  const Clock& clock = system_.clock;
  if (!is_attached_) {
    if (!device_.is_attached()) return attach_at_ns_ == kNever ? kNever : clock.cycles();
    return attach_at_ns_ == kNever ? clock.cycles() : clock.CyclesAt(attach_at_ns_);
  }
  if (!device_.is_attached()) return clock.cycles();
  if (is_suspended_) return kNever;
  const uint64_t next_ns = has_work() ? std::min(next_frame_ns_, next_slot_ns_) : next_frame_ns_;
  return clock.CyclesAt(next_ns);
}

void UsbHost::Tick() {
  const uint64_t now = system_.clock.TrueNs();
  if (!device_.is_attached()) {
    attach_at_ns_ = kNever;
    if (is_attached_) Forget("pull-up off");
    return;
  }
  if (!is_attached_) {
    if (attach_at_ns_ == kNever) attach_at_ns_ = now + kDebounceNs;
    if (now >= attach_at_ns_) Attach();
    return;
  }
  if (is_suspended_) return;
  if (now >= next_frame_ns_) {
    next_frame_ns_ += (now - next_frame_ns_) / kFrameNs * kFrameNs + kFrameNs;
    device_.StartFrame(++frame_);
  }
  if (!has_work() || now < next_slot_ns_) return;
  next_slot_ns_ = now + token_ns_;  // set before, because the transaction may ask for a pause
  Transact();
}

void UsbHost::Transact() {
  if (current_.has_value() || !queue_.empty()) return ControlStep();
  DrainNotifications();
  was_in_ = !was_in_;  // in turns
  if (was_in_) {
    if (!BulkIn()) BulkOut();
  } else {
    if (!BulkOut()) BulkIn();
  }
}

// Control transfers: USB 2.0, 8.5.3.

void UsbHost::ControlStep() {
  if (!current_.has_value()) {
    current_ = std::move(queue_.front());
    queue_.pop_front();
    stage_ = Stage::kSetup;
    control_in_.clear();
    n_control_out_ = 0;
    control_since_ns_ = system_.clock.TrueNs();
  }
  const SetupPacket& setup = current_->setup;
  const auto length = static_cast<size_t>(setup[6] | setup[7] << 8);
  const bool is_to_host = (setup[0] & kToHost) != 0;
  switch (stage_) {
    case Stage::kSetup:
      return ControlHandshake(device_.Setup(setup), length == 0  ? Stage::kStatusIn
                                                    : is_to_host ? Stage::kDataIn
                                                                 : Stage::kDataOut);
    case Stage::kDataIn: {
      std::vector<uint8_t> data;
      int toggle = 0;
      const Handshake handshake = device_.In(0, &data, &toggle);
      if (handshake == Handshake::kAck) control_in_.insert(control_in_.end(), data.begin(), data.end());
      if (control_in_.size() > length) system_.log.Defect("USB: more bytes than the host asked for");
      const bool is_last = data.size() < kMaxPacket || control_in_.size() >= length;
      return ControlHandshake(handshake, is_last ? Stage::kStatusOut : Stage::kDataIn);
    }
    case Stage::kDataOut: {
      current_->out.resize(length);
      const size_t n = std::min(kMaxPacket, length - n_control_out_);
      const Handshake handshake = device_.Out(0, current_->out.data() + n_control_out_, n, 0);
      if (handshake == Handshake::kAck) n_control_out_ += n;
      return ControlHandshake(handshake, n_control_out_ >= length ? Stage::kStatusIn : Stage::kDataOut);
    }
    case Stage::kStatusIn:
    case Stage::kStatusOut: {
      const Handshake handshake = device_.Status();
      if (handshake == Handshake::kAck) return EndControl(ControlTransfer::Result::kDone);
      return ControlHandshake(handshake, stage_);
    }
  }
}

void UsbHost::ControlHandshake(Handshake handshake, Stage next) {
  if (handshake == Handshake::kStall) return EndControl(ControlTransfer::Result::kStall);
  if (handshake == Handshake::kAck) {
    stage_ = next;
    return;
  }
  if (system_.clock.TrueNs() - control_since_ns_ > kControlTimeoutNs) EndControl(ControlTransfer::Result::kTimeout);
}

void UsbHost::EndControl(ControlTransfer::Result result) {
  static const char* const kResults[] = {"done", "stall", "timeout"};
  const ControlTransfer transfer = std::move(*current_);
  current_.reset();
  if (system_.log.traces("usb")) {
    const std::vector<uint8_t>& data = (transfer.setup[0] & kToHost) != 0 ? control_in_ : transfer.out;
    system_.log.Say("USB: %s: %s %s", Hex(transfer.setup.data(), transfer.setup.size()).c_str(),
                    kResults[static_cast<size_t>(result)], Hex(data.data(), data.size()).c_str());
  }
  if (result == ControlTransfer::Result::kTimeout) {
    system_.log.Say("USB: request %s: no answer", Hex(transfer.setup.data(), transfer.setup.size()).c_str());
  }
  const std::vector<uint8_t> data = control_in_;
  if (transfer.done) transfer.done(result, data);
}

// Bulk transfers: 8.5.2.

bool UsbHost::BulkIn() {
  if (!is_reading_ || !port_.is_open() || !port_.has_room() || !device_.HasPacket(bulk_in_)) return false;
  std::vector<uint8_t> data;
  int toggle = 0;
  const Handshake handshake = device_.In(bulk_in_, &data, &toggle);
  if (handshake == Handshake::kStall) ClearHalt(static_cast<uint8_t>(kToHost | bulk_in_));
  if (handshake != Handshake::kAck) return true;
  if (system_.log.traces("bulk")) system_.log.Say("USB: in %s", Hex(data.data(), data.size()).c_str());
  if (toggle != in_toggle_) {  // the host takes it for a repetition
    system_.log.Defect("USB: a packet of %zu bytes is lost: data toggle %d, expected %d", data.size(), toggle,
                       in_toggle_);
    return true;
  }
  in_toggle_ ^= 1;
  n_bytes_in_ += data.size();
  port_.Send(data.data(), data.size());
  return true;
}

bool UsbHost::BulkOut() {
  std::deque<uint8_t>& bytes = port_.from_program();
  if (bytes.empty() || !device_.HasRoom(bulk_out_)) return false;
  const auto n = static_cast<ptrdiff_t>(std::min(kMaxPacket, bytes.size()));
  const std::vector<uint8_t> data(bytes.begin(), bytes.begin() + n);
  const Handshake handshake = device_.Out(bulk_out_, data.data(), data.size(), out_toggle_);
  if (handshake == Handshake::kStall) ClearHalt(static_cast<uint8_t>(bulk_out_));
  if (handshake != Handshake::kAck) return true;
  out_toggle_ ^= 1;
  bytes.erase(bytes.begin(), bytes.begin() + n);
  n_bytes_out_ += data.size();
  if (system_.log.traces("bulk")) system_.log.Say("USB: out %s", Hex(data.data(), data.size()).c_str());
  return true;
}

void UsbHost::DrainNotifications() {
  if (notify_in_ == 0 || !device_.HasPacket(notify_in_)) return;
  std::vector<uint8_t> data;
  int toggle = 0;
  if (device_.In(notify_in_, &data, &toggle) == Handshake::kStall) {
    ClearHalt(static_cast<uint8_t>(kToHost | notify_in_));
  }
}

}  // namespace tinyhost::emulator
