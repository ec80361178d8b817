// Every erase and every word write of a push, of a rollback and of their recovery is cut once, in three ways. After
// each cut the device must boot with the old model or with the new one, and a new push must succeed.
#include <doctest/doctest.h>

#include <functional>

#include "store_under_test.h"

namespace tinyhost {
namespace {

using Tear = MemoryFlash::Tear;

constexpr size_t kStride = sizeof(void*) == 8 ? 1 : 37;
using Snapshot = std::vector<uint8_t>;

Snapshot Save(MemoryFlash& flash) { return Snapshot(flash.data(), flash.data() + flash.size()); }
void Restore(MemoryFlash& flash, const Snapshot& snapshot) {
  std::copy(snapshot.begin(), snapshot.end(), flash.data());
  flash.PowerOn();
}

struct PowerCuts : WithFlash {
  const Image old_image = MakeImage(1, 500);
  const Image new_image = MakeImage(2, kPage + 300);
  size_t n_cuts = 0;

  /// A device that runs old_image; with `has_other`, the other slot holds a third image.
  Snapshot Prepare(bool has_other) {
    flash.Fill(0xFF);
    flash.PowerOn();
    if (has_other) CHECK(Booted().Push(MakeImage(3, kPage)) == Status::kOk);
    CHECK(Booted().Push(old_image) == Status::kOk);
    return Save(flash);
  }

  size_t CountOperations(const Snapshot& start, const std::function<void()>& action) {
    Restore(flash, start);
    const size_t n_before = flash.n_operations();
    action();
    return flash.n_operations() - n_before;
  }

  /// Cuts `action` once at each operation that `is_wanted`, and calls `after` on each flash that it leaves.
  void CutEach(const Snapshot& start, const std::function<void()>& action, const std::function<bool(size_t)>& is_wanted,
               const std::function<void()>& after) {
    const size_t n_operations = CountOperations(start, action);
    size_t n_wanted = 0;
    for (const Tear tear : {Tear::kNothing, Tear::kGarbage, Tear::kPartly}) {
      for (size_t i = 0; i < n_operations; ++i) {
        if (!is_wanted(i) || (n_wanted++ % kStride) != 0) continue;
        Restore(flash, start);
        flash.Reseed(static_cast<uint32_t>(i));
        flash.CutAfter(i, tear);
        action();
        REQUIRE_FALSE(flash.is_powered());
        flash.PowerOn();
        ++n_cuts;
        after();
      }
    }
  }

  void PushNew() { (void)Booted().Push(new_image, 4096); }

  void RequireOldOrNew() {
    const Booted device;
    const bool is_valid = device.Runs(old_image) || device.Runs(new_image);
    REQUIRE(is_valid);
  }

  void RequirePushSucceeds() {
    Booted device;
    REQUIRE(device.Push(new_image, 4096) == Status::kOk);
    REQUIRE(device.Runs(new_image));
    REQUIRE(Booted().Runs(new_image));
  }
};

bool Always(size_t) { return true; }

}  // namespace

TEST_CASE_FIXTURE(PowerCuts, "a push that is cut anywhere leaves the old model or the new one, and succeeds again") {
  for (const bool has_other : {false, true}) {
    const Snapshot start = Prepare(has_other);
    CutEach(
        start, [&] { PushNew(); }, Always,
        [&] {
          RequireOldOrNew();
          RequirePushSucceeds();
        });
  }
  CHECK(flash.n_rewrites() == 0);
  MESSAGE(n_cuts << " cuts of a push");
}

TEST_CASE_FIXTURE(PowerCuts, "the first push of a board that is cut anywhere leaves no model or the new one") {
  const Snapshot start(flash.size(), 0xFF);
  CutEach(
      start, [&] { PushNew(); }, Always,
      [&] {
        const Booted device;
        const bool is_valid = device.store.active() == ModelStore::kNoSlot || device.Runs(new_image);
        REQUIRE(is_valid);
        RequirePushSucceeds();
      });
  CHECK(flash.n_rewrites() == 0);
}

TEST_CASE_FIXTURE(PowerCuts, "a push whose recovery is cut too leaves the old model or the new one") {
  const Snapshot start = Prepare(true);
  // First cuts: around every erase and header write, and some of the data. Pages are 1024 writes long.
  const auto is_first = [](size_t i) { return i % 1025 < 14 || i % 1025 > 1020 || i % 331 == 0; };
  const auto is_second = [](size_t i) { return i % 1025 < 14 || i % 499 == 0; };
  size_t n_first = 0;
  CutEach(
      start, [&] { PushNew(); }, is_first,
      [&] {
        if (n_first++ % 3 != 0) return;
        CutEach(
            Save(flash), [&] { PushNew(); }, is_second,
            [&] {
              RequireOldOrNew();
              RequirePushSucceeds();
            });
      });
  CHECK(flash.n_rewrites() == 0);
  MESSAGE(n_cuts << " cuts, most of them of a recovery");
}

TEST_CASE_FIXTURE(PowerCuts, "a rollback that is cut anywhere leaves one of the two models") {
  Prepare(false);
  PushNew();
  const Snapshot start = Save(flash);
  CutEach(
      start, [&] { (void)Booted().store.Rollback(AcceptsM()); }, Always,
      [&] {
        RequireOldOrNew();
        Booted device;
        if (device.Runs(new_image)) CHECK(device.store.Rollback(AcceptsM()) == Status::kOk);
        REQUIRE(Booted().Runs(old_image));
      });
  CHECK(flash.n_rewrites() == 0);
}

TEST_CASE_FIXTURE(PowerCuts, "an activation that compacts the journal and is cut leaves one of the two models") {
  Prepare(false);
  PushNew();
  Journal journal(0);
  journal.Boot();
  // Fill the journal's page, so that the rollback's record no longer fits.
  for (int32_t i = 0; i < 338; ++i) CHECK(journal.Set(0x101, i) == Status::kOk);
  const Snapshot start = Save(flash);
  const auto roll_back = [] { (void)Booted().store.Rollback(AcceptsM()); };
  const size_t n_operations = CountOperations(start, roll_back);
  CutEach(start, roll_back, Always, [&] {
    RequireOldOrNew();
    int32_t value = 0;
    const Booted device;
    CHECK(device.journal.Get(0x101, &value));
    CHECK(value == 337);
    RequirePushSucceeds();
  });
  CHECK(flash.n_rewrites() == 0);
  CHECK(n_operations > 6);  // the compaction took place
}

}  // namespace tinyhost
