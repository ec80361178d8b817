#include <algorithm>

#include "core/crc32.h"
#include "core/pattern.h"
#include "device/device.h"
#include "wire.h"

namespace tinyhost {
namespace {

constexpr uint32_t kPatternBytes = 1u << 20;
constexpr size_t kMaxPieceBytes = kMaxPayloadBytes - sizeof(OffsetHeader);

}  // namespace

void Device::OnWrite(const Request& request) {
  const auto write = Parse<WriteRequest>(request.payload);
  const Bytes data = After<WriteRequest>(request.payload);
  if (write.target == Source::kInput) return WriteInput(request, write.offset, data);
  if (write.target != Source::kSample) return Refuse(request, Status::kUnsupported);
  const Status status = sample_.Write(write.offset, data);
  if (status != Status::kOk) {
    return Refuse(request, status, static_cast<uint32_t>(sample_.size()), write.offset);
  }
  const OffsetHeader reply = {write.offset + static_cast<uint32_t>(data.size)};
  Reply(request, {BytesOf(reply)});
}

void Device::WriteInput(const Request& request, uint32_t offset, Bytes data) {
  if (!engine_.loaded()) return Refuse(request, Status::kNoModel);
  const TensorView input = engine_.input();
  if (offset > n_input_bytes_) {
    return Refuse(request, Status::kBadArgument, static_cast<uint32_t>(n_input_bytes_), offset);
  }
  if (data.size > input.n_bytes - offset) {
    return Refuse(request, Status::kNoSpace, static_cast<uint32_t>(input.n_bytes),
                  offset + static_cast<uint32_t>(data.size));
  }
  has_infer_reply_ = false;  // the output may have been where the input is
  std::memcpy(static_cast<uint8_t*>(input.data) + offset, data.data, data.size);
  n_input_bytes_ = std::max<size_t>(n_input_bytes_, offset + data.size);
  run_ = n_input_bytes_ == input.n_bytes ? Run::kInput : Run::kNothing;
  const OffsetHeader reply = {offset + static_cast<uint32_t>(data.size)};
  Reply(request, {BytesOf(reply)});
}

void Device::OnRead(const Request& request) {
  const auto read = Parse<ReadRequest>(request.payload);
  if (read.chunk_bytes == 0 || read.chunk_bytes > kMaxPieceBytes) {
    return Refuse(request, Status::kBadArgument, kMaxPieceBytes, read.chunk_bytes);
  }
  Bytes source;
  uint32_t total_bytes = 0;
  const Status status = ResolveSource(read, &source, &total_bytes);
  if (status != Status::kOk) return Refuse(request, status);
  if (read.offset > total_bytes) return Refuse(request, Status::kBadArgument, total_bytes, read.offset);
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
  Reply(request, {BytesOf(reply)});
}

/// Where the bytes are; `bytes` stays empty for the pattern, which is nowhere.
Status Device::ResolveSource(const ReadRequest& read, Bytes* bytes, uint32_t* total_bytes) const {
  const auto of_tensor = [](const TensorView& tensor) {
    return Bytes{static_cast<const uint8_t*>(tensor.data), tensor.n_bytes};
  };
  const bool needs_model = read.source != Source::kSample && read.source != Source::kPattern;
  if (needs_model && !engine_.loaded()) return Status::kNoModel;
  const size_t n_ran = run_ == Run::kOperators ? n_ran_ : 0;
  switch (read.source) {
    case Source::kSample:
      *bytes = {sample_.bytes(), sample_.size()};
      break;
    case Source::kInput:
      if (run_ != Run::kInput) return Status::kBadState;
      *bytes = of_tensor(engine_.input());
      break;
    case Source::kOutput:
      if (n_ran == 0 || n_ran != engine_.n_operators()) return Status::kBadState;
      *bytes = of_tensor(engine_.output());
      break;
    case Source::kOperator:
      if (n_ran == 0 || n_ran != read.index + 1u) return Status::kBadState;
      *bytes = of_tensor(engine_.operator_output(read.index));
      break;
    case Source::kModel:
      *bytes = store_.active_image();
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

bool Device::SendPiece(const Request& request, const ReadRequest& read, Bytes source, uint32_t offset, size_t n,
                       uint32_t* crc32) {
  const OffsetHeader header = {offset};
  encoder_.Begin(static_cast<uint8_t>(MessageType::kData), request.seq);
  encoder_.Append(BytesOf(header));
  if (read.source != Source::kPattern) {
    encoder_.Append({source.data + offset, n});
    *crc32 = Crc32(source.data + offset, n, *crc32);
    return encoder_.End();
  }
  uint8_t block[128];
  for (size_t done = 0; done < n;) {
    const size_t n_block = std::min(sizeof(block), n - done);
    FillPattern(read.index, offset + static_cast<uint32_t>(done), block, n_block);
    encoder_.Append({block, n_block});
    *crc32 = Crc32(block, n_block, *crc32);
    done += n_block;
  }
  return encoder_.End();
}

}  // namespace tinyhost
