#include <doctest/doctest.h>

#include "store_under_test.h"

namespace tinyhost {

TEST_CASE_FIXTURE(WithFlash, "an empty flash has no model") {
  const Booted device;
  CHECK(device.store.active() == ModelStore::kNoSlot);
  CHECK(device.store.active_image().size == 0);
  CHECK(device.store.Info(0).state == SlotState::kEmpty);
  CHECK(device.store.slot_bytes() == kSlotPages * kPage);
}

TEST_CASE_FIXTURE(WithFlash, "a pushed image is active, also after a reboot") {
  for (const size_t n_bytes : {size_t{1}, size_t{3}, kPage - 1, kPage, kPage + 1, kSlotPages * kPage}) {
    for (const size_t chunk : {size_t{1}, size_t{999}, size_t{4096}, size_t{20000}}) {
      CAPTURE(n_bytes);
      const Image image = MakeImage(static_cast<uint32_t>(n_bytes + chunk), n_bytes);
      Booted device;
      CHECK(device.Push(image, chunk) == Status::kOk);
      CHECK(device.Runs(image));
      CHECK(Booted().Runs(image));
    }
  }
  CHECK(flash.n_rewrites() == 0);
}

TEST_CASE_FIXTURE(WithFlash, "pushes alternate between the slots") {
  Booted device;
  for (uint32_t i = 0; i < 6; ++i) {
    CHECK(device.Push(MakeImage(i, 5000)) == Status::kOk);
    CHECK(device.store.active() == i % 2);
    CHECK(device.store.Info(device.store.active()).active == 1);
  }
  CHECK(device.store.Info(0).state == SlotState::kValid);
  CHECK(device.store.Info(1).state == SlotState::kValid);
}

TEST_CASE_FIXTURE(WithFlash, "an image that a slot has is not written again") {
  const Image first = MakeImage(1, 9000);
  const Image second = MakeImage(2, 9000);
  Booted device;
  CHECK(device.Push(first) == Status::kOk);
  CHECK(device.Push(second) == Status::kOk);
  for (const Image& image : {second, first}) {
    const size_t n_before = flash.n_operations();
    CHECK(device.store.Begin(9000, HashOf(image), false) == Status::kOk);
    CHECK(device.store.progress().present);
    CHECK(device.store.progress().offset == 9000);
    CHECK(device.store.Commit(AcceptsM()) == Status::kOk);
    CHECK(flash.n_operations() - n_before <= 3);  // one journal record
    CHECK(device.Runs(image));
  }
}

TEST_CASE_FIXTURE(WithFlash, "force writes an image that a slot has") {
  const Image image = MakeImage(1, 9000);
  Booted device;
  CHECK(device.Push(image) == Status::kOk);
  CHECK(device.store.Begin(9000, HashOf(image), true) == Status::kOk);
  CHECK_FALSE(device.store.progress().present);
  CHECK(device.store.progress().offset == 0);
  CHECK(device.Push(image, 1000, true) == Status::kOk);
  CHECK(device.store.active() == 1);
}

TEST_CASE_FIXTURE(WithFlash, "a push goes on behind the last durable page after power loss") {
  const Image image = MakeImage(1, 3 * kPage + 100);
  {
    Booted device;
    CHECK(device.store.Begin(static_cast<uint32_t>(image.size()), HashOf(image), false) == Status::kOk);
    CHECK(device.store.Write(0, {image.data(), 2 * kPage + 77}) == Status::kOk);
    CHECK(device.store.progress().offset == 2 * kPage + 77);
    CHECK(device.store.progress().durable_bytes == 2 * kPage);
    // The same connection again goes on where it was.
    CHECK(device.store.Begin(static_cast<uint32_t>(image.size()), HashOf(image), false) == Status::kOk);
    CHECK(device.store.progress().offset == 2 * kPage + 77);
  }
  Booted device;
  CHECK(device.store.Info(0).state == SlotState::kPartial);
  CHECK(device.store.Info(0).received_bytes == 2 * kPage);
  CHECK(device.store.Begin(static_cast<uint32_t>(image.size()), HashOf(image), false) == Status::kOk);
  CHECK(device.store.progress().offset == 2 * kPage);
  CHECK(device.Push(image) == Status::kOk);
  CHECK(device.Runs(image));
}

TEST_CASE_FIXTURE(WithFlash, "firmware with another engine leaves the model of the one before in its slot") {
  const Image first = MakeImage(1, 5000);
  const Image second = MakeImage(2, 6000);
  Image other = MakeImage(3, 7000);
  other[0] = 'O';
  for (const bool swapped : {false, true}) {
    CAPTURE(swapped);
    {
      Booted device;  // `first` was active last, in either slot; the other one holds nothing, or a model too
      if (swapped) CHECK(device.Push(second) == Status::kOk);
      CHECK(device.Push(first) == Status::kOk);
    }
    {
      Booted device(AcceptsO());
      CHECK(device.store.active() == ModelStore::kNoSlot);
      CHECK(device.Push(other) == Status::kOk);
      CHECK(device.Runs(other));
    }
    CHECK(Booted(AcceptsO()).Runs(other));
    Booted device;
    CHECK(device.Runs(first));
    CHECK(device.Push(second) == Status::kOk);  // and the other engine's slot is free
    CHECK(Booted().Runs(second));
  }
}

TEST_CASE_FIXTURE(WithFlash, "another image does not go on with a partial one") {
  const Image image = MakeImage(1, 2 * kPage);
  Booted device;
  CHECK(device.store.Begin(2 * kPage, HashOf(image), false) == Status::kOk);
  CHECK(device.store.Write(0, {image.data(), kPage}) == Status::kOk);
  CHECK(device.Push(MakeImage(2, 2 * kPage)) == Status::kOk);
  CHECK(device.Runs(MakeImage(2, 2 * kPage)));
}

TEST_CASE_FIXTURE(WithFlash, "a repeated write answers the next wanted byte") {
  const Image image = MakeImage(1, 6000);
  Booted device;
  CHECK(device.store.Begin(6000, HashOf(image), false) == Status::kOk);
  CHECK(device.store.Write(0, {image.data(), 1000}) == Status::kOk);
  CHECK(device.store.Write(0, {image.data(), 1000}) == Status::kOk);
  CHECK(device.store.progress().offset == 1000);
  CHECK(device.store.Write(500, {image.data() + 500, 1000}) == Status::kOk);  // half of it is new
  CHECK(device.store.progress().offset == 1500);
  CHECK(device.store.Write(2000, {image.data(), 10}) == Status::kBadArgument);    // a gap
  CHECK(device.store.Write(1500, {image.data(), 4501}) == Status::kBadArgument);  // past the end
  CHECK(device.store.progress().offset == 1500);
  CHECK(device.Push(image) == Status::kOk);
  CHECK(device.Runs(image));
}

TEST_CASE_FIXTURE(WithFlash, "what cannot be is refused") {
  Booted device;
  const Image image = MakeImage(1, 5000);
  CHECK(device.store.Begin(0, HashOf(image), false) == Status::kBadArgument);
  CHECK(device.store.Begin(kSlotPages * kPage + 1, HashOf(image), false) == Status::kNoSpace);
  CHECK(device.store.Write(0, {image.data(), 1}) == Status::kBadState);
  CHECK(device.store.Commit(AcceptsM()) == Status::kBadState);
  CHECK(device.store.Rollback(AcceptsM()) == Status::kNoModel);
  CHECK(device.store.Begin(5000, HashOf(image), false) == Status::kOk);
  CHECK(device.store.Commit(AcceptsM()) == Status::kBadState);  // bytes are missing
}

TEST_CASE_FIXTURE(WithFlash, "an image with another hash is not activated and starts over") {
  const Image old_image = MakeImage(1, 5000);
  const Image image = MakeImage(2, 5000);
  Image damaged = image;
  damaged[4999] ^= 1;
  Booted device;
  CHECK(device.Push(old_image) == Status::kOk);
  CHECK(device.store.Begin(5000, HashOf(image), false) == Status::kOk);
  CHECK(device.store.Write(0, {damaged.data(), damaged.size()}) == Status::kOk);
  CHECK(device.store.Commit(AcceptsM()) == Status::kHashMismatch);
  CHECK(device.Runs(old_image));
  CHECK(device.Push(image) == Status::kOk);
  CHECK(device.Runs(image));
}

TEST_CASE_FIXTURE(WithFlash, "an image that does not load is not activated") {
  const Image old_image = MakeImage(1, 5000);
  Image image = MakeImage(2, 5000);
  image[0] = 'X';
  Booted device;
  CHECK(device.Push(old_image) == Status::kOk);
  CHECK(device.Push(image) == Status::kImageMagic);
  CHECK(device.Runs(old_image));
  CHECK(Booted().Runs(old_image));
  CHECK(device.Push(image) == Status::kImageMagic);  // at once: all of it is there
}

TEST_CASE_FIXTURE(WithFlash, "rollback activates the other model, also after a reboot") {
  const Image first = MakeImage(1, 5000);
  const Image second = MakeImage(2, 6000);
  Booted device;
  CHECK(device.Push(first) == Status::kOk);
  CHECK(device.store.Rollback(AcceptsM()) == Status::kNoModel);
  CHECK(device.Push(second) == Status::kOk);
  CHECK(device.store.Rollback(AcceptsM()) == Status::kOk);
  CHECK(device.Runs(first));
  CHECK(Booted().Runs(first));
  CHECK(device.store.Rollback(AcceptsM()) == Status::kOk);
  CHECK(Booted().Runs(second));
}

TEST_CASE_FIXTURE(WithFlash, "a model that no longer verifies gives way to the other one") {
  const Image first = MakeImage(1, 5000);
  const Image second = MakeImage(2, 5000);
  Booted device;
  CHECK(device.Push(first) == Status::kOk);
  CHECK(device.Push(second) == Status::kOk);
  flash.data()[device.store.active_image().data - flash.data() + 4000] ^= 0x10;
  const Booted again;
  CHECK(again.Runs(first));
  CHECK(again.store.Info(1).state == SlotState::kInvalid);
  CHECK(again.store.Info(1).status == Status::kHashMismatch);
}

TEST_CASE_FIXTURE(WithFlash, "a failed erase or write is reported, and the push succeeds when it is repeated") {
  const Image old_image = MakeImage(1, 5000);
  const Image image = MakeImage(2, 9000);
  constexpr size_t kCalls = 2 + 3 * 3 + 2;  // header; erase, data and progress of each page; commit, activation
  for (size_t i = 0; i < kCalls; ++i) {
    CAPTURE(i);
    flash.Fill(0xFF);
    Booted device;
    CHECK(device.Push(old_image) == Status::kOk);
    flash.FailAfter(i);
    CHECK(device.Push(image) != Status::kOk);
    CHECK(device.Runs(old_image));
    CHECK(Booted().Runs(old_image));
    CHECK(device.Push(image) == Status::kOk);
    CHECK(device.Runs(image));
    CHECK(Booted().Runs(image));
  }
  CHECK(flash.n_rewrites() == 0);
}

}  // namespace tinyhost
