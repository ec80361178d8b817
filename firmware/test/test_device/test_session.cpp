#include <csetjmp>

#include "device_under_test.h"

namespace tinyhost {
namespace {

/// What hal::Reset() was asked to enter, as MemoryBoard::on_reset tells; 0 if it was not called.
int EnteredByReset(DeviceUnderTest* device, ResetMode mode) {
  device->SendFrame(MessageType::kReset, 9, {static_cast<uint8_t>(mode)});
  const int entered = setjmp(device->board.on_reset);
  if (entered == 0) device->Poll();
  return entered;
}

}  // namespace

TEST_CASE_FIXTURE(DeviceUnderTest, "hello opens a session and repeats the host's number") {
  const HelloRequest hello = {kHelloMagic, 1, 9, 0, 0xABCD1234};
  const auto reply = Request(MessageType::kHello, hello).As<HelloReply>();
  CHECK(reply.magic == kHelloMagic);
  CHECK(reply.version == kProtocolVersion);
  CHECK(reply.session == 0xABCD1234);
  CHECK(board.led == hal::LedState::kSession);
}

TEST_CASE_FIXTURE(DeviceUnderTest, "a hello of a later version may be longer") {
  const HelloRequest hello = {kHelloMagic, 1, 9, 0, 1};
  CHECK(Request(MessageType::kHello, hello, ByteVector(20)).As<HelloReply>().version == kProtocolVersion);
}

TEST_CASE_FIXTURE(DeviceUnderTest, "without a common version there is no session") {
  const HelloRequest hello = {kHelloMagic, 200, 210, 0, 1};
  const auto reply = Request(MessageType::kHello, hello).As<HelloReply>();
  CHECK(reply.version == 0);
  CHECK(reply.version_min == kProtocolVersionMin);
  CHECK(reply.version_max == kProtocolVersion);
  CHECK(Refused(MessageType::kInfo).status == Status::kBadState);
}

TEST_CASE_FIXTURE(DeviceUnderTest, "a hello without the magic is refused") {
  const HelloRequest hello = {1, 1, 1, 0, 1};
  const ErrorReply error = Refused(MessageType::kHello, hello);
  CHECK(error.status == Status::kBadArgument);
  CHECK(error.expected == kHelloMagic);
  CHECK(error.got == 1);
}

TEST_CASE_FIXTURE(DeviceUnderTest, "requests need a session") {
  CHECK(Refused(MessageType::kInfo).status == Status::kBadState);
  Hello();
  Request(MessageType::kInfo);
  Request(MessageType::kBye);
  CHECK(Refused(MessageType::kInfo).status == Status::kBadState);
  Request(MessageType::kBye);  // its reply may have been lost
}

TEST_CASE_FIXTURE(Connected, "info tells who the board is and what it takes") {
  const auto info = Request(MessageType::kInfo).As<InfoReply>();
  CHECK(std::string(info.board) == "memory");
  CHECK(std::string(info.app) == "vww");
  CHECK(std::string(info.engine) == "tinyhost");
  CHECK(std::string(info.firmware_version) == "1.2.3");
  CHECK(std::string(info.build_id) == "0011223344556677");
  CHECK(info.max_request_bytes == kMaxRequestBytes);
  CHECK(info.slot_bytes == 4 * hal::kFlashPageBytes);
  CHECK(info.sample_bytes == 160 * 120);
  CHECK(info.sensor == SensorKind::kCamera);
  CHECK(info.arena_bytes == 1024);
  CHECK(info.n_slots == 2);
}

TEST_CASE_FIXTURE(DeviceUnderTest, "a host of the first version is answered in that version") {
  const HelloRequest hello = {kHelloMagic, 1, 1, 0, 1};
  CHECK(Request(MessageType::kHello, hello).As<HelloReply>().version == 1);
  Request(MessageType::kInfo);
}

TEST_CASE_FIXTURE(Connected, "info and ping tell which start this is, and info why and after which fault") {
  board.boot = 0x89ABCDEF;
  CHECK(Request(MessageType::kPing, PingRequest{1}).As<PingReply>().boot == 0x89ABCDEF);
  auto info = Request(MessageType::kInfo).As<InfoReply>();
  CHECK(info.boot == 0x89ABCDEF);
  CHECK(info.reset_reason == ResetReason::kWatchdog);
  CHECK(info.fault_pc == 0);
  board.fault = {0x10234, 0x10567, 0x8200, 0xE0000000};
  info = Request(MessageType::kInfo).As<InfoReply>();
  CHECK(info.fault_pc == 0x10234);
  CHECK(info.fault_lr == 0x10567);
  CHECK(info.fault_cfsr == 0x8200);
  CHECK(info.fault_address == 0xE0000000);
}

TEST_CASE_FIXTURE(Connected, "ping counts good and broken frames") {
  SendBytes({0, 0x05, 1, 2, 0});
  const auto reply = Request(MessageType::kPing, PingRequest{42}).As<PingReply>();
  CHECK(reply.token == 42);
  CHECK(reply.rx_frames == 2);
  CHECK(reply.rx_bad == 1);
  CHECK(reply.tx_dropped == 0);
}

TEST_CASE_FIXTURE(Connected, "sink counts bytes") {
  CHECK(Request(MessageType::kSink, ByteVector(kMaxRequestBytes, 3)).As<SinkReply>().n_bytes == kMaxRequestBytes);
  CHECK(Request(MessageType::kSink).As<SinkReply>().n_bytes == 0);
}

TEST_CASE_FIXTURE(Connected, "reset answers first") {
  CHECK(EnteredByReset(this, ResetMode::kApp) == 1);
  CHECK(TakeAll().at(0).IsReplyTo(MessageType::kReset));
  CHECK(EnteredByReset(this, ResetMode::kBootloader) == 2);
  CHECK(TakeAll().at(0).IsReplyTo(MessageType::kReset));
  CHECK(Refused(MessageType::kReset, ByteVector{7}).status == Status::kBadArgument);
}

TEST_CASE_FIXTURE(Connected, "every type that is no request is refused as unsupported") {
  int n_supported = 0;
  for (int type = 0; type < 256; ++type) {
    if (type == static_cast<int>(MessageType::kBye)) continue;
    const Received reply = Exchange(static_cast<MessageType>(type), ByteVector(2000)).back();
    REQUIRE(!reply.is_text);
    const bool is_error = reply.IsReplyTo(MessageType::kError);
    n_supported += !is_error || reply.As<ErrorReply>().status != Status::kUnsupported;
  }
  CHECK(n_supported == 20);
}

TEST_CASE_FIXTURE(Connected, "a payload of another length is refused with the right one") {
  const ErrorReply error = Refused(MessageType::kPing, ByteVector(5));
  CHECK(error.status == Status::kBadLength);
  CHECK(error.expected == sizeof(PingRequest));
  CHECK(error.got == 5);
  CHECK(Refused(MessageType::kInfo, ByteVector(1)).status == Status::kBadLength);
  CHECK(Refused(MessageType::kInfer, ByteVector(15)).status == Status::kBadLength);
}

TEST_CASE_FIXTURE(Connected, "a silent host is taken for lost and text comes again") {
  Run(kSessionTimeoutMs - 200);
  CHECK(TakeAll().empty());
  Run(400);
  const std::vector<Received> all = TakeAll();
  REQUIRE(!all.empty());
  CHECK(all[0].is_text);
  CHECK(all[0].text == "host lost\n");
  CHECK(Refused(MessageType::kPing, PingRequest{1}).status == Status::kBadState);
}

TEST_CASE_FIXTURE(Connected, "pings keep a session") {
  for (int i = 0; i < 20; ++i) {
    Run(kPingPeriodMs);
    Request(MessageType::kPing, PingRequest{1});
  }
}

TEST_CASE_FIXTURE(Connected, "broken bytes are neither answered nor fatal") {
  ByteVector garbage;
  for (int i = 0; i < 20000; ++i) garbage.push_back(static_cast<uint8_t>((i * i) >> 3));
  SendBytes(garbage);
  SendBytes({0});
  Poll(10);
  TakeAll();
  Request(MessageType::kPing, PingRequest{1});
}

}  // namespace tinyhost
