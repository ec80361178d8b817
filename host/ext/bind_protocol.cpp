#include <nanobind/stl/string.h>

#include <memory>
#include <string>
#include <vector>

#include "bindings.h"
#include "protocol/frame_decoder.h"
#include "protocol/frame_encoder.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

nb::bytes EncodeFrame(uint8_t type, uint16_t seq, nb::bytes payload, size_t piece_bytes) {
  std::string wire;
  const auto sink = [](void* context, const uint8_t* data, size_t n) {
    static_cast<std::string*>(context)->append(reinterpret_cast<const char*>(data), n);
    return n;
  };
  FrameEncoder encoder(sink, &wire);
  encoder.Begin(type, seq);
  const auto* data = static_cast<const uint8_t*>(payload.data());
  for (size_t i = 0; i < payload.size(); i += piece_bytes) {
    encoder.Append({data + i, std::min(piece_bytes, payload.size() - i)});
  }
  encoder.End();
  return nb::bytes(wire.data(), wire.size());
}

/// A decoder with a buffer of its own.
class OwningDecoder {
 public:
  explicit OwningDecoder(size_t max_payload_bytes)
      : buffer_(FrameDecoder::EncodedBytes(max_payload_bytes)), decoder_(buffer_.data(), buffer_.size()) {}
  OwningDecoder(const OwningDecoder&) = delete;
  OwningDecoder& operator=(const OwningDecoder&) = delete;

  nb::list Feed(nb::bytes data) {
    nb::list events;
    for (size_t i = 0; i < data.size(); ++i) {
      const DecodeStatus status = decoder_.Push(static_cast<const uint8_t*>(data.data())[i]);
      if (status != DecodeStatus::kIncomplete) events.append(Describe(status));
    }
    return events;
  }

 private:
  static nb::bytes ToPython(Bytes bytes) { return nb::bytes(bytes.data, bytes.size); }

  nb::tuple Describe(DecodeStatus status) const {
    const FrameHeader& header = decoder_.header();
    switch (status) {
      case DecodeStatus::kFrame:
        return nb::make_tuple("frame", header.type, header.seq, ToPython(decoder_.payload()));
      case DecodeStatus::kText:
        return nb::make_tuple("text", ToPython(decoder_.text()));
      case DecodeStatus::kBadCrc:
        return nb::make_tuple("bad", "crc");
      case DecodeStatus::kOversized:
        return nb::make_tuple("bad", "oversized");
      default:
        return nb::make_tuple("bad", "malformed");
    }
  }

  std::vector<uint8_t> buffer_;
  FrameDecoder decoder_;
};

}  // namespace

void BindProtocol(nb::module_& module) {
  module.def("encode_frame", EncodeFrame, nb::arg("type"), nb::arg("seq"), nb::arg("payload"),
             nb::arg("piece_bytes") = SIZE_MAX,
             "Return a frame as the firmware sends it, its payload given to the encoder in pieces.");
  nb::class_<OwningDecoder>(module, "FrameDecoder", "The firmware's frame decoder.")
      .def(nb::init<size_t>(), nb::arg("max_payload_bytes") = kMaxRequestBytes)
      .def("feed", &OwningDecoder::Feed, nb::arg("data"),
           "Return what the bytes complete: ('frame', type, seq, payload), ('text', line) or ('bad', reason).");
}

}  // namespace tinyhost
