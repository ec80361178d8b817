// The firmware's model store on a simulated flash, for tests that cut its power.
#include <array>
#include <memory>

#include "bindings.h"
#include "memory_flash_hal.h"
#include "model_store/journal.h"
#include "model_store/model_store.h"

namespace nb = nanobind;

namespace tinyhost {

namespace {

Bytes Of(const nb::bytes& bytes) { return {static_cast<const uint8_t*>(bytes.data()), bytes.size()}; }

/// A store with its flash and its power supply. An image that starts with X does not load.
class SimulatedStore {
 public:
  explicit SimulatedStore(size_t n_slot_pages) : flash_(Journal::kPages + ModelStore::kSlots * (1 + n_slot_pages)) {
    Reboot();
  }
  SimulatedStore(const SimulatedStore&) = delete;
  SimulatedStore& operator=(const SimulatedStore&) = delete;

  void Reboot() {
    Use();
    flash_.PowerOn();
    memory_ = std::make_unique<Memory>();
    memory_->journal.Boot();
    memory_->store.Boot(Check());
  }

  nb::tuple Begin(nb::bytes sha256, uint32_t image_bytes, bool force) {
    Use();
    Sha256Digest digest{};
    if (sha256.size() != digest.size()) throw nb::value_error("a SHA-256 has 32 bytes");
    std::memcpy(digest.data(), sha256.data(), digest.size());
    ThrowUnlessOk(memory_->store.Begin(image_bytes, digest, force), "begin");
    const ModelStore::Progress progress = memory_->store.progress();
    return nb::make_tuple(progress.offset, progress.slot, progress.present);
  }

  uint32_t Write(uint32_t offset, nb::bytes data) {
    Use();
    ThrowUnlessOk(memory_->store.Write(offset, Of(data)), "write");
    return memory_->store.progress().offset;
  }

  void Commit() {
    Use();
    ThrowUnlessOk(memory_->store.Commit(Check()), "commit");
  }

  void Rollback() {
    Use();
    ThrowUnlessOk(memory_->store.Rollback(Check()), "rollback");
  }

  nb::object ActiveImage() {
    Use();
    const Bytes image = memory_->store.active_image();
    if (image.size == 0) return nb::none();
    return nb::bytes(image.data, image.size);
  }

  void SetValue(uint32_t key, int32_t value) {
    Use();
    ThrowUnlessOk(memory_->journal.Set(ModelStore::kFirstSettingKey + key, value), "set");
  }

  nb::object GetValue(uint32_t key) {
    Use();
    int32_t value;
    if (!memory_->journal.Get(ModelStore::kFirstSettingKey + key, &value)) return nb::none();
    return nb::int_(value);
  }

  void CutAfter(size_t n_operations, uint8_t tear, uint32_t seed) {
    flash_.Reseed(seed);
    flash_.CutAfter(n_operations, static_cast<MemoryFlash::Tear>(tear % 3));
  }
  bool is_powered() const { return flash_.is_powered(); }
  size_t n_rewrites() const { return flash_.n_rewrites(); }

 private:
  struct Memory {
    std::array<uint8_t, hal::kFlashPageBytes> page;
    Journal journal{0};
    ModelStore store{&journal, page.data()};
  };

  void Use() { TheFlash() = &flash_; }
  static ImageCheck Check() {
    const auto check = [](void*, Bytes image) { return image.data[0] == 'X' ? Status::kImageMagic : Status::kOk; };
    return {check, nullptr};
  }

  MemoryFlash flash_;
  std::unique_ptr<Memory> memory_;
};

}  // namespace

void BindModelStore(nb::module_& module) {
  nb::class_<SimulatedStore>(module, "SimulatedStore", "The firmware's model store on a simulated flash.")
      .def(nb::init<size_t>(), nb::arg("n_slot_pages"))
      .def("reboot", &SimulatedStore::Reboot, "Power on; all that was in RAM is gone.")
      .def("begin", &SimulatedStore::Begin, nb::arg("sha256"), nb::arg("image_bytes"), nb::arg("force") = false,
           "Return the next wanted offset, the slot, and whether the image is there already.")
      .def("write", &SimulatedStore::Write, nb::arg("offset"), nb::arg("data"), "Return the next wanted offset.")
      .def("commit", &SimulatedStore::Commit)
      .def("rollback", &SimulatedStore::Rollback)
      .def_prop_ro("active_image", &SimulatedStore::ActiveImage, "The active image, or None.")
      .def("set_value", &SimulatedStore::SetValue, nb::arg("key"), nb::arg("value"), "Keep a setting in the journal.")
      .def("value", &SimulatedStore::GetValue, nb::arg("key"), "A setting from the journal, or None.")
      .def("cut_after", &SimulatedStore::CutAfter, nb::arg("n_operations"), nb::arg("tear"), nb::arg("seed"),
           "Lose power after so many erases and word writes; tear: 0 cleanly, 1 to garbage, 2 partly.")
      .def_prop_ro("is_powered", &SimulatedStore::is_powered)
      .def_prop_ro("n_rewrites", &SimulatedStore::n_rewrites, "Writes to words that were not erased.");
}

}  // namespace tinyhost
