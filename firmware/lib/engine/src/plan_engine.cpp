#include "engine/plan_engine.h"

#include <cstring>

#include "kernels/kernel.h"

namespace tinyhost {

namespace {

/// Images that would run for minutes on any board are rejected; the largest published TinyML models take a tenth of
/// this.
constexpr uint64_t kMaxWork = uint64_t{1} << 30;

bool ZeroPointInRange(const TensorRecord& tensor) {
  switch (tensor.type) {
    case TensorType::kInt8:
      return tensor.zero_point >= INT8_MIN && tensor.zero_point <= INT8_MAX;
    case TensorType::kUint8:
      return tensor.zero_point >= 0 && tensor.zero_point <= UINT8_MAX;
    case TensorType::kFloat32:
    case TensorType::kInt32:
    case TensorType::kInt16:
      return tensor.zero_point == 0;
  }
  return false;
}

/// Size of a tensor in bytes, or 0 if its shape is impossible or it is too large.
uint32_t TensorBytes(const TensorRecord& tensor) {
  uint32_t n_bytes = ElementBytes(tensor.type);
  for (uint32_t d = 0; d < kMaxRank; ++d) {
    const uint32_t dim = static_cast<uint32_t>(tensor.dims[d]);
    if (dim < 1 || dim > kMaxTensorBytes / n_bytes || (d >= tensor.rank && dim != 1)) return 0;
    n_bytes *= dim;
  }
  return n_bytes;
}

TINYHOST_COLD Status CheckTensor(const ImageView& view, const TensorRecord& tensor) {
  const uint32_t n_bytes = tensor.rank <= kMaxRank ? TensorBytes(tensor) : 0;
  const bool scaled = ElementBytes(tensor.type) > 2 ? tensor.scale == 0 : tensor.scale > 0 && tensor.scale < 1e30f;
  if (n_bytes == 0 || !scaled || !ZeroPointInRange(tensor) || tensor.offset % ElementBytes(tensor.type) != 0) {
    return Status::kImageTensor;
  }
  bool inside = false;
  if (tensor.storage == Storage::kArena || (tensor.storage == Storage::kState && ElementBytes(tensor.type) == 1)) {
    inside = uint64_t{tensor.offset} + n_bytes <= view.metadata().arena_bytes;
  }
  if (tensor.storage == Storage::kConstant) inside = view.Constants<uint8_t>(tensor.offset, n_bytes) != nullptr;
  return inside ? Status::kOk : Status::kImageTensor;
}

TINYHOST_COLD TensorView View(const ImageView& view, uint8_t* arena, size_t index) {
  const TensorRecord& record = view.tensor(index);
  return ViewOf(record, arena + record.offset);
}

/// Sets `op` to an operator with its tensors. This takes a good part of a small network's time.
TINYHOST_HOT void Resolve(const ImageView& view, uint8_t* arena, const OperatorRecord& record, OperatorView* op) {
  // Only inputs can be constants (Check), so that nothing ever writes through this pointer to the image.
  uint8_t* const constants = const_cast<uint8_t*>(view.constants());
  const TensorRecord* const tensors = &view.tensor(0);
  op->image = &view;
  op->record = &record;
  op->arena = arena;
  op->record_params = constants + record.params_offset;
  op->output = tensors + record.output;
  op->output_at = arena + op->output->offset;
  for (size_t i = 0; i < record.n_inputs; ++i) {
    const TensorRecord* const input = tensors + record.inputs[i];
    op->inputs[i] = input;
    op->inputs_at[i] = (input->storage == Storage::kConstant ? constants : arena) + input->offset;
  }
}

TINYHOST_COLD Status CheckOperator(KernelSet kernels, const ImageView& view, uint8_t* arena, size_t index,
                                   uint64_t* work) {
  const OperatorRecord& record = view.op(index);
  const Kernel* kernel = kernels(record.code);
  if (kernel == nullptr) return Status::kImageOperator;
  if (!view.Constants<uint32_t>(record.params_offset, kernel->params_bytes / sizeof(uint32_t)) || record.n_inputs < 1 ||
      record.n_inputs > kMaxInputs || (kernel->n_inputs && record.n_inputs != kernel->n_inputs)) {
    return Status::kImageParameter;
  }
  const size_t n_tensors = view.header().n_tensors;
  for (size_t i = 0; i < record.n_inputs; ++i) {
    if (record.inputs[i] >= n_tensors) return Status::kImageParameter;
  }
  if (record.output >= n_tensors || view.tensor(record.output).storage == Storage::kConstant) {
    return Status::kImageParameter;
  }
  OperatorView op;
  Resolve(view, arena, record, &op);
  const Status status = kernel->check(op, work);
  return status == Status::kOk && *work > kMaxWork ? Status::kImageParameter : status;
}

}  // namespace

const char* PlanEngine::Name() { return "tinyhost"; }

TINYHOST_COLD Status PlanEngine::Load(const uint8_t* image, size_t n_bytes, uint8_t* arena, size_t arena_bytes) {
  Unload();
  if (arena == nullptr || reinterpret_cast<uintptr_t>(arena) % kImageAlignment != 0) return Status::kBadArgument;
  Status status = view_.Open(image, n_bytes);
  if (status != Status::kOk) return status;
  arena_ = arena;
  status = Check(arena_bytes);
  if (status != Status::kOk) Unload();
  Reset();
  return status;
}

void PlanEngine::Unload() {
  view_.Close();
  arena_ = nullptr;
  work_ = 0;
}

TINYHOST_COLD void PlanEngine::Reset() {
  for (size_t i = 0; loaded() && i < header().n_tensors; ++i) {
    const TensorRecord& record = view_.tensor(i);
    if (record.storage != Storage::kState) continue;
    const TensorView state = View(view_, arena_, i);
    std::memset(state.data, static_cast<uint8_t>(record.zero_point), state.n_bytes);
  }
}

TINYHOST_COLD bool PlanEngine::has_state() const {
  for (size_t i = 0; loaded() && i < header().n_tensors; ++i) {
    if (view_.tensor(i).storage == Storage::kState) return true;
  }
  return false;
}

TINYHOST_COLD Status PlanEngine::Check(size_t arena_bytes) {
  const ModelMetadata& model = metadata();
  for (size_t i = 0; i < header().n_tensors; ++i) {
    const Status status = CheckTensor(view_, view_.tensor(i));
    if (status != Status::kOk) return status;
  }
  if (view_.tensor(model.input_tensor).storage != Storage::kArena ||
      view_.tensor(model.output_tensor).storage != Storage::kArena) {
    return Status::kImageMetadata;
  }
  const TensorRecord& result = view_.tensor(model.output_tensor);
  if (model.n_labels > 0 && (result.rank == 0 || result.dims[result.rank - 1] != model.n_labels)) {
    return Status::kImageMetadata;
  }
  if (model.arena_bytes > arena_bytes) return Status::kImageArena;
  for (size_t i = 0; i < header().n_operators; ++i) {
    const Status status = CheckOperator(kernels_, view_, arena_, i, &work_);
    if (status != Status::kOk) return status;
  }
  return Status::kOk;
}

TensorView PlanEngine::input() const { return View(view_, arena_, metadata().input_tensor); }

TensorView PlanEngine::output() const { return View(view_, arena_, metadata().output_tensor); }

TensorView PlanEngine::operator_output(size_t index) const { return View(view_, arena_, view_.op(index).output); }

uint64_t PlanEngine::operators() const {
  uint64_t bits = 0;
  for (uint32_t code = 0; code < 64; ++code) {
    if (kernels_(static_cast<OperatorCode>(code))) bits |= uint64_t{1} << code;
  }
  return bits;
}

Status PlanEngine::Invoke() { return InvokeRange(0, n_operators()); }

TINYHOST_COLD Status PlanEngine::InvokeRange(size_t first, size_t last, TickSource now, uint32_t* ticks) {
  if (!loaded()) return Status::kNoModel;
  if (first > last || last > n_operators()) return Status::kBadArgument;
  OperatorView op;
  const OperatorRecord* const end = &view_.op(last);
  for (const OperatorRecord* record = &view_.op(first); record != end; ++record) {
    const uint64_t start = now ? now() : 0;
    Resolve(view_, arena_, *record, &op);
    kernels_(record->code)->run(op);
    if (now && ticks) *ticks++ = static_cast<uint32_t>(now() - start);
  }
  return Status::kOk;
}

}  // namespace tinyhost
