#include <doctest/doctest.h>

#include <map>

#include "store_under_test.h"

namespace tinyhost {
namespace {

Journal BootJournal() {
  Journal journal(0);
  journal.Boot();
  return journal;
}

bool Holds(const Journal& journal, const std::map<uint32_t, int32_t>& expected) {
  for (const auto& [key, value] : expected) {
    int32_t got;
    if (!journal.Get(key, &got) || got != value) return false;
  }
  return true;
}

}  // namespace

TEST_CASE_FIXTURE(WithFlash, "an unknown key has no value") {
  int32_t value;
  CHECK_FALSE(BootJournal().Get(1, &value));
}

TEST_CASE_FIXTURE(WithFlash, "values survive reboots and compactions") {
  std::map<uint32_t, int32_t> expected;
  for (int32_t i = 0; i < 3000; ++i) {
    Journal journal = BootJournal();
    const uint32_t key = static_cast<uint32_t>(i * 7 % 20);
    CHECK(journal.Set(key, i - 1500) == Status::kOk);
    expected[key] = i - 1500;
    if (i % 100 == 0) CHECK(Holds(BootJournal(), expected));
  }
  CHECK(Holds(BootJournal(), expected));
  CHECK(flash.n_rewrites() == 0);
}

TEST_CASE_FIXTURE(WithFlash, "the same value is not written again") {
  Journal journal = BootJournal();
  CHECK(journal.Set(5, 1) == Status::kOk);
  const size_t n_before = flash.n_operations();
  CHECK(journal.Set(5, 1) == Status::kOk);
  CHECK(flash.n_operations() == n_before);
}

TEST_CASE_FIXTURE(WithFlash, "more keys than the journal takes are refused") {
  Journal journal = BootJournal();
  for (uint32_t key = 0; key < Journal::kMaxKeys; ++key) CHECK(journal.Set(key, 1) == Status::kOk);
  CHECK(journal.Set(1000, 1) == Status::kNoSpace);
  CHECK(journal.Set(0, 2) == Status::kOk);
}

TEST_CASE_FIXTURE(WithFlash, "a flash full of garbage is an empty journal") {
  for (size_t i = 0; i < flash.size(); ++i) flash.data()[i] = PatternByte(9, static_cast<uint32_t>(i));
  Journal journal = BootJournal();
  int32_t value;
  CHECK_FALSE(journal.Get(0, &value));
  CHECK(journal.Set(0, 1) == Status::kOk);
  CHECK(Holds(BootJournal(), {{0, 1}}));
}

TEST_CASE_FIXTURE(WithFlash, "power loss at any operation leaves the old value or the new one") {
  for (const auto tear : {MemoryFlash::Tear::kNothing, MemoryFlash::Tear::kGarbage, MemoryFlash::Tear::kPartly}) {
    flash.Fill(0xFF);
    flash.PowerOn();
    std::map<uint32_t, int32_t> expected;
    // 700 settings: two compactions. Each one is cut at its every operation until it goes through uncut.
    for (int32_t i = 0; i < 700; ++i) {
      const uint32_t key = static_cast<uint32_t>(i % 5);
      for (size_t n_operations = 0;; ++n_operations) {
        Journal journal = BootJournal();
        flash.CutAfter(n_operations, tear);
        const Status status = journal.Set(key, i);
        const bool was_cut = !flash.is_powered();
        flash.PowerOn();
        if (!was_cut) CHECK(status == Status::kOk);
        const Journal rebooted = BootJournal();
        std::map<uint32_t, int32_t> changed = expected;
        changed[key] = i;
        const bool is_new = Holds(rebooted, changed);
        const bool is_valid = is_new || Holds(rebooted, expected);
        REQUIRE(is_valid);
        if (!is_new) REQUIRE(was_cut);
        if (is_new) {
          expected = changed;
          break;
        }
      }
    }
  }
  CHECK(flash.n_rewrites() == 0);
}

}  // namespace tinyhost
