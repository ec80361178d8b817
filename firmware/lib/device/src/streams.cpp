#include "device/streams.h"

#include <algorithm>

#include "hal/clock.h"
#include "wire.h"

namespace tinyhost {

bool Streams::IsAnyOn() const {
  return std::any_of(streams_.begin(), streams_.end(), [](const Stream& stream) { return stream.is_on; });
}

void Streams::Stop() {
  for (Stream& stream : streams_) {
    stream.is_on = false;
    stream.period_us = 0;
    stream.due_us = 0;
  }
}

void Streams::Send(StreamId id, uint64_t timestamp_us, std::initializer_list<Bytes> payload) {
  Stream& stream = (*this)[id];
  const StreamHeader header = HeaderOf(id, timestamp_us);
  ++stream.index;
  FrameEncoder* frame = host_.BeginEvent(MessageType::kStreamData);
  frame->Append(BytesOf(header));
  for (const Bytes& piece : payload) frame->Append(piece);
  if (!frame->End()) ++stream.dropped;
}

void Streams::OnStream(const Request& request) {
  const auto wanted = Parse<StreamRequest>(request.payload);
  if (!Has(wanted.stream)) {
    return host_.Refuse(request, Status::kUnsupported, 0, static_cast<uint32_t>(wanted.stream));
  }
  Stream& stream = (*this)[wanted.stream];
  const uint64_t now_us = hal::MicrosNow();
  stream.is_on = wanted.enable != 0;
  stream.period_us = uint64_t{wanted.period_ms} * 1000;
  stream.due_us = std::min(stream.due_us, now_us + stream.period_us);  // the period may have been longer before
  const StreamHeader header = HeaderOf(wanted.stream, now_us);
  host_.Reply(request, {BytesOf(header)});
}

/// Whether the app's sensor has this stream.
bool Streams::Has(StreamId id) const {
  switch (id) {
    case StreamId::kPredictions:
      return true;
    case StreamId::kCamera:
      return app_.sample_input == nullptr;
    case StreamId::kSamples:
    case StreamId::kFeatures:
      return app_.sample_input != nullptr;
  }
  return false;
}

StreamHeader Streams::HeaderOf(StreamId id, uint64_t timestamp_us) const {
  const Stream& stream = (*this)[id];
  return {timestamp_us, stream.index, stream.dropped, id, {}};
}

}  // namespace tinyhost
