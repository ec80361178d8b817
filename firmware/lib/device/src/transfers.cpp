#include "device/transfers.h"

#include <algorithm>

#include "core/crc32.h"
#include "core/pattern.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint32_t kPatternBytes = 1u << 20;
constexpr size_t kMaxPieceBytes = kMaxPayloadBytes - sizeof(OffsetHeader);

Bytes TensorBytes(const TensorView& tensor) { return {static_cast<const uint8_t*>(tensor.data), tensor.n_bytes}; }

}  // namespace

void Transfers::OnWrite(const Request& request) {
  const auto write = Parse<WriteRequest>(request.payload);
  const Bytes data = After<WriteRequest>(request.payload);
  switch (write.target) {
    case Source::kInput:
      return WriteInput(request, write.offset, data);
    case Source::kSample:
      return WriteSample(request, write.offset, data);
    default:
      return host_.Refuse(request, Status::kUnsupported);
  }
}

void Transfers::WriteSample(const Request& request, uint32_t offset, Bytes data) {
  const Status status = sample_.Write(offset, data);
  if (status != Status::kOk) return host_.Refuse(request, status, static_cast<uint32_t>(sample_.size()), offset);
  const OffsetHeader reply = {offset + static_cast<uint32_t>(data.size)};
  host_.Reply(request, {BytesOf(reply)});
}

void Transfers::WriteInput(const Request& request, uint32_t offset, Bytes data) {
  const Status status = runner_.WriteInput(offset, data);
  const uint32_t end = offset + static_cast<uint32_t>(data.size);
  switch (status) {
    case Status::kOk:
      break;
    case Status::kBadArgument:
      return host_.Refuse(request, status, static_cast<uint32_t>(runner_.n_input_bytes()), offset);
    case Status::kNoSpace:
      return host_.Refuse(request, status, static_cast<uint32_t>(runner_.engine().input().n_bytes), end);
    default:
      return host_.Refuse(request, status);
  }
  const OffsetHeader reply = {end};
  host_.Reply(request, {BytesOf(reply)});
}

void Transfers::OnRead(const Request& request) {
  const auto read = Parse<ReadRequest>(request.payload);
  if (read.chunk_bytes == 0 || read.chunk_bytes > kMaxPieceBytes) {
    return host_.Refuse(request, Status::kBadArgument, kMaxPieceBytes, read.chunk_bytes);
  }
  Bytes source;
  uint32_t total_bytes = 0;
  const Status status = Resolve(read, &source, &total_bytes);
  if (status != Status::kOk) return host_.Refuse(request, status);
  if (read.offset > total_bytes) return host_.Refuse(request, Status::kBadArgument, total_bytes, read.offset);
  const uint32_t n_bytes = std::min(read.n_bytes, total_bytes - read.offset);
  ReadReply reply = {0, total_bytes, 0};
  while (reply.n_bytes < n_bytes) {
    const size_t n = std::min<size_t>(read.chunk_bytes, n_bytes - reply.n_bytes);
    uint32_t crc32 = reply.crc32;
    const uint32_t offset = read.offset + reply.n_bytes;
    if (!SendPiece(request, read, source, offset, n, &crc32)) break;  // every further piece would wait in vain
    reply.n_bytes += static_cast<uint32_t>(n);
    reply.crc32 = crc32;
  }
  host_.Reply(request, {BytesOf(reply)});
}

/// Finds the bytes; `bytes` stays empty for the pattern, which is computed.
Status Transfers::Resolve(const ReadRequest& read, Bytes* bytes, uint32_t* total_bytes) const {
  const Engine& engine = runner_.engine();
  const bool needs_model = read.source != Source::kSample && read.source != Source::kPattern;
  if (needs_model && !engine.loaded()) return Status::kNoModel;
  switch (read.source) {
    case Source::kSample:
      *bytes = {sample_.bytes(), sample_.size()};
      break;
    case Source::kInput:
      if (!runner_.is_input_complete()) return Status::kBadState;
      *bytes = TensorBytes(engine.input());
      break;
    case Source::kOutput:
      if (!runner_.has_output()) return Status::kBadState;
      *bytes = TensorBytes(engine.output());
      break;
    case Source::kOperator:
      if (runner_.n_operators_run() != read.index + 1u) return Status::kBadState;
      *bytes = TensorBytes(engine.operator_output(read.index));
      break;
    case Source::kModel:
      *bytes = models_.active_image();
      break;
    case Source::kUnsure:
      *bytes = unsure_.sample(read.index);
      break;
    case Source::kPattern:
      *total_bytes = kPatternBytes;
      return Status::kOk;
    default:
      return Status::kUnsupported;
  }
  *total_bytes = static_cast<uint32_t>(bytes->size);
  return Status::kOk;
}

bool Transfers::SendPiece(const Request& request, const ReadRequest& read, Bytes source, uint32_t offset, size_t n,
                          uint32_t* crc32) {
  const OffsetHeader header = {offset};
  FrameEncoder* frame = host_.BeginData(request);
  frame->Append(BytesOf(header));
  if (read.source != Source::kPattern) {
    frame->Append({source.data + offset, n});
    *crc32 = Crc32(source.data + offset, n, *crc32);
    return frame->End();
  }
  uint8_t block[128];
  for (size_t done = 0; done < n;) {
    const size_t n_block = std::min(sizeof(block), n - done);
    FillPattern(read.index, offset + static_cast<uint32_t>(done), block, n_block);
    frame->Append({block, n_block});
    *crc32 = Crc32(block, n_block, *crc32);
    done += n_block;
  }
  return frame->End();
}

}  // namespace tinyhost
