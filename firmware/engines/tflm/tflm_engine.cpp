// TensorFlow Lite Micro behind the engine's interface. Operators run one by one, as its MicroGraph::InvokeSubgraph runs
// them, so that ranges, profiles and intermediate outputs are available, too.
#include "engine/tflm_engine.h"

#include <new>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-parameter"  // in TensorFlow Lite Micro's headers
#include "tensorflow/lite/micro/kernels/micro_ops.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_context.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tensorflow/lite/schema/schema_utils.h"
#pragma GCC diagnostic pop

namespace tinyhost {
namespace {

constexpr unsigned kRegistered = 17;
using Resolver = tflite::MicroMutableOpResolver<kRegistered>;

/// Gives access to protected parts of MicroInterpreter.
class Interpreter : public tflite::MicroInterpreter {
 public:
  Interpreter(const tflite::Model* model, const Resolver& resolver, tflite::MicroAllocator* allocator)
      : MicroInterpreter(model, resolver, allocator), allocator_(allocator) {}

  tflite::SubgraphAllocations& graph() const { return *tflite::GetMicroContext(&context())->graph().GetAllocations(); }

  TfLiteStatus InvokeNode(size_t index) {
    tflite::NodeAndRegistration& step = graph().node_and_registrations[index];
    const TfLiteStatus status = step.registration->invoke(const_cast<TfLiteContext*>(&context()), &step.node);
    allocator_->ResetTempAllocations();
    return status;
  }

 private:
  tflite::MicroAllocator* allocator_;
};

Resolver resolver;
alignas(Interpreter) uint8_t interpreter_memory[sizeof(Interpreter)];
Interpreter* interpreter = nullptr;

void RegisterOperators() {
  if (resolver.GetRegistrationLength() != 0) return;
  resolver.AddAdd();
  resolver.AddAveragePool2D();
  resolver.AddConcatenation();
  resolver.AddConv2D();
  resolver.AddDepthwiseConv2D();
  resolver.AddDequantize();
  resolver.AddFullyConnected();
  resolver.AddLogistic();
  resolver.AddMaxPool2D();
  resolver.AddMean();
  resolver.AddMul();
  resolver.AddPad();
  resolver.AddQuantize();
  resolver.AddRelu();
  resolver.AddRelu6();
  resolver.AddReshape();
  resolver.AddSoftmax();
}

/// The model of a flatbuffer that is complete and has one subgraph; null for others.
const tflite::Model* ModelOf(const uint8_t* file, size_t n_bytes) {
  flatbuffers::Verifier verifier(file, n_bytes);
  if (!tflite::VerifyModelBuffer(verifier)) return nullptr;
  const tflite::Model* model = tflite::GetModel(file);
  const bool is_whole = model->version() == TFLITE_SCHEMA_VERSION && model->operator_codes() != nullptr &&
                        model->buffers() != nullptr && model->subgraphs() != nullptr && model->subgraphs()->size() == 1;
  return is_whole ? model : nullptr;
}

bool HasOneTensor(const flatbuffers::Vector<int32_t>* indices, uint32_t n_tensors) {
  return indices != nullptr && indices->size() == 1 && static_cast<uint32_t>(indices->Get(0)) < n_tensors;
}

/// Whether all indices in the file refer to things that exist.
bool IsConsistent(const tflite::Model& model, size_t n_operators) {
  const tflite::SubGraph& graph = *model.subgraphs()->Get(0);
  if (graph.tensors() == nullptr || graph.operators() == nullptr) return false;
  for (const tflite::Tensor* tensor : *graph.tensors()) {
    if (tensor->buffer() >= model.buffers()->size()) return false;
  }
  const uint32_t n_tensors = graph.tensors()->size();
  if (graph.operators()->size() != n_operators || !HasOneTensor(graph.inputs(), n_tensors) ||
      !HasOneTensor(graph.outputs(), n_tensors)) {
    return false;
  }
  for (const tflite::Operator* op : *graph.operators()) {
    if (op->opcode_index() >= model.operator_codes()->size() || op->inputs() == nullptr ||
        !HasOneTensor(op->outputs(), n_tensors)) {
      return false;
    }
    for (const int32_t input : *op->inputs()) {
      if (input >= 0 && static_cast<uint32_t>(input) >= n_tensors) return false;
    }
  }
  return true;
}

const TfLiteEvalTensor& TensorOf(int index) { return interpreter->graph().tensors[index]; }

int OutputOf(size_t op) { return interpreter->graph().node_and_registrations[op].node.outputs->data[0]; }

TfLiteType TypeOf(TensorType type) {
  switch (type) {
    case TensorType::kInt8:
      return kTfLiteInt8;
    case TensorType::kUint8:
      return kTfLiteUInt8;
    case TensorType::kFloat32:
      return kTfLiteFloat32;
    case TensorType::kInt32:
      return kTfLiteInt32;
  }
  return kTfLiteNoType;
}

/// Whether a record describes the interpreter's tensor.
bool Describes(const TensorRecord& record, const TfLiteEvalTensor& placed) {
  if (record.rank > kMaxRank || placed.dims == nullptr || placed.dims->size != record.rank ||
      placed.type != TypeOf(record.type) || placed.data.data == nullptr) {
    return false;
  }
  for (uint32_t d = 0; d < kMaxRank; ++d) {
    if (record.dims[d] != (d < record.rank ? placed.dims->data[d] : 1) || record.dims[d] < 1) return false;
  }
  return true;
}

Status CheckRecords(const ImageView& view) {
  const ModelMetadata& model = view.metadata();
  if (!Describes(view.tensor(model.input_tensor), TensorOf(interpreter->inputs().Get(0))) ||
      !Describes(view.tensor(model.output_tensor), TensorOf(interpreter->outputs().Get(0)))) {
    return Status::kImageTensor;
  }
  const TensorRecord& result = view.tensor(model.output_tensor);
  if (model.n_labels > 0 && (result.rank == 0 || result.dims[result.rank - 1] != model.n_labels)) {
    return Status::kImageMetadata;
  }
  for (size_t i = 0; i < view.header().n_operators; ++i) {
    const uint16_t output = view.op(i).output;
    if (output >= view.header().n_tensors || !Describes(view.tensor(output), TensorOf(OutputOf(i)))) {
      return Status::kImageTensor;
    }
  }
  return Status::kOk;
}

}  // namespace

const char* TflmEngine::Name() { return "tflm"; }

Status TflmEngine::Load(const uint8_t* image, size_t n_bytes, uint8_t* arena, size_t arena_bytes) {
  Unload();
  if (arena == nullptr || reinterpret_cast<uintptr_t>(arena) % kImageAlignment != 0) return Status::kBadArgument;
  Status status = view_.Open(image, n_bytes);
  if (status == Status::kOk) status = Start(arena, arena_bytes);
  if (status != Status::kOk) Unload();
  return status;
}

Status TflmEngine::Start(uint8_t* arena, size_t arena_bytes) {
  const tflite::Model* model = ModelOf(view_.constants(), header().constants_bytes);
  if (model == nullptr) return Status::kImageSection;
  if (!IsConsistent(*model, header().n_operators)) return Status::kImageParameter;
  RegisterOperators();
  for (const tflite::OperatorCode* code : *model->operator_codes()) {
    if (resolver.FindOp(tflite::GetBuiltinCode(code)) == nullptr) return Status::kImageOperator;
  }
  tflite::MicroAllocator* allocator = tflite::MicroAllocator::Create(arena, arena_bytes);
  if (allocator == nullptr) return Status::kImageArena;
  interpreter = new (interpreter_memory) Interpreter(model, resolver, allocator);
  // AllocateTensors does not say why it fails; when operators and tensors are in order, only the arena is left.
  if (interpreter->AllocateTensors() != kTfLiteOk) return Status::kImageArena;
  return CheckRecords(view_);
}

void TflmEngine::Unload() {
  view_.Close();
  if (interpreter != nullptr) interpreter->~Interpreter();
  interpreter = nullptr;
}

TensorView TflmEngine::input() const {
  return ViewOf(view_.tensor(metadata().input_tensor), TensorOf(interpreter->inputs().Get(0)).data.data);
}

TensorView TflmEngine::output() const {
  return ViewOf(view_.tensor(metadata().output_tensor), TensorOf(interpreter->outputs().Get(0)).data.data);
}

TensorView TflmEngine::operator_output(size_t index) const {
  return ViewOf(view_.tensor(view_.op(index).output), TensorOf(OutputOf(index)).data.data);
}

size_t TflmEngine::arena_bytes() const { return loaded() ? interpreter->arena_used_bytes() : 0; }

uint64_t TflmEngine::operators() const {
  constexpr auto kFirst = static_cast<uint32_t>(OperatorCode::kConv2d);
  constexpr auto kLast = static_cast<uint32_t>(OperatorCode::kReshape);
  return (uint64_t{2} << kLast) - (uint64_t{1} << kFirst);
}

Status TflmEngine::InvokeRange(size_t first, size_t last, TickSource now, uint32_t* ticks) {
  if (!loaded()) return Status::kNoModel;
  if (first > last || last > n_operators()) return Status::kBadArgument;
  for (size_t i = first; i < last; ++i) {
    const uint64_t start = now ? now() : 0;
    const TfLiteStatus status = interpreter->InvokeNode(i);
    if (now && ticks) ticks[i - first] = static_cast<uint32_t>(now() - start);
    if (status != kTfLiteOk) return Status::kInternal;
  }
  return Status::kOk;
}

}  // namespace tinyhost
