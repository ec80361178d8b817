#include <algorithm>

#include "device/device.h"
#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {

void Device::OnStream(const Request& request) {
  const auto wanted = Parse<StreamRequest>(request.payload);
  Stream* stream = FindStream(wanted.stream);
  if (stream == nullptr) return Refuse(request, Status::kUnsupported, 0, static_cast<uint32_t>(wanted.stream));
  const uint64_t now_us = hal::MicrosNow();
  stream->is_on = wanted.enable != 0;
  stream->period_us = uint64_t{wanted.period_ms} * 1000;
  stream->due_us = std::min(stream->due_us, now_us + stream->period_us);  // a longer period was set before
  const StreamHeader header = HeaderOf(wanted.stream, *stream, now_us);
  Reply(request, {BytesOf(header)});
}

/// The counts go on: a host that comes back sees from them what it missed.
void Device::StopStreams() {
  for (Stream* stream : {&predictions_, &camera_, &samples_, &features_}) {
    stream->is_on = false;
    stream->period_us = 0;
    stream->due_us = 0;
  }
}

/// Null for one that this app's sensor does not have.
Device::Stream* Device::FindStream(StreamId id) {
  const bool listens = app_.listening != nullptr;
  switch (id) {
    case StreamId::kPredictions:
      return &predictions_;
    case StreamId::kCamera:
      return listens ? nullptr : &camera_;
    case StreamId::kSamples:
      return listens ? &samples_ : nullptr;
    case StreamId::kFeatures:
      return listens ? &features_ : nullptr;
  }
  return nullptr;
}

StreamHeader Device::HeaderOf(StreamId id, const Stream& stream, uint64_t timestamp_us) {
  return {timestamp_us, stream.index, stream.dropped, id, {}};
}

bool Device::SendStream(StreamId id, uint64_t timestamp_us, std::initializer_list<Bytes> payload) {
  Stream* stream = FindStream(id);
  const StreamHeader header = HeaderOf(id, *stream, timestamp_us);
  ++stream->index;
  encoder_.Begin(static_cast<uint8_t>(MessageType::kStreamData), event_seq_++);
  encoder_.Append(BytesOf(header));
  for (const Bytes& piece : payload) encoder_.Append(piece);
  const bool was_sent = encoder_.End();
  if (!was_sent) ++stream->dropped;
  return was_sent;
}

std::array<Bytes, 3> Device::PiecesOf(const Result& result) {
  const size_t n = result.prediction.n_classes;
  return {BytesOf(result.prediction),
          {reinterpret_cast<const uint8_t*>(result.scores), n},
          {reinterpret_cast<const uint8_t*>(result.smoothed), n}};
}

void Device::SendPrediction(const Result& result, uint64_t timestamp_us) {
  const std::array<Bytes, 3> pieces = PiecesOf(result);
  SendStream(StreamId::kPredictions, timestamp_us, {pieces[0], pieces[1], pieces[2]});
}

/// A LOG to the host; without a session, a line of text.
void Device::Log(LogLevel level, const char* text) {
  const Bytes bytes = {reinterpret_cast<const uint8_t*>(text), std::strlen(text)};
  if (!in_session_) {
    encoder_.SendText(bytes);
    encoder_.SendText({reinterpret_cast<const uint8_t*>("\n"), 1});
    return;
  }
  const LogHeader header = {level};
  encoder_.Send(static_cast<uint8_t>(MessageType::kLog), event_seq_++, {BytesOf(header), bytes});
}

}  // namespace tinyhost
