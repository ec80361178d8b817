// A QEMU plugin that counts, for every address below 4 MB, how often the instruction there ran and how often it read
// from a window of memory. Counters live in a file that another process maps: count[0..N), reads[0..N), N = 2^21, by
// address / 2. Arguments: counters=PATH, begin=ADDRESS, end=ADDRESS.
//
// Debian ships no qemu-plugin.h; these are the functions of plugin API 1 that are needed
// (https://www.qemu.org/docs/master/devel/tcg-plugins.html).

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef uint64_t plugin_id;
struct qemu_plugin_tb;
struct qemu_plugin_insn;

extern void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id id, void (*callback)(plugin_id, struct qemu_plugin_tb*));
extern size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* tb);
extern struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* tb, size_t index);
extern uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn* insn);
extern void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn* insn, int op, void* counter,
                                                       uint64_t amount);
extern void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn* insn,
                                             void (*callback)(unsigned, uint32_t, uint64_t, void*), int flags,
                                             int read_write, void* data);

enum { kAdd = 0, kNoRegisters = 0, kReads = 1 };
#define kCounters ((size_t)1 << 21)

int qemu_plugin_version = 1;

static uint64_t* counters;
static uint64_t window_begin;
static uint64_t window_end;

static void OnRead(unsigned cpu, uint32_t info, uint64_t address, void* counter) {
  (void)cpu;
  (void)info;
  if (address >= window_begin && address < window_end) ++*(uint64_t*)counter;
}

static void OnTranslation(plugin_id id, struct qemu_plugin_tb* tb) {
  (void)id;
  const size_t n = qemu_plugin_tb_n_insns(tb);
  for (size_t i = 0; i < n; ++i) {
    struct qemu_plugin_insn* insn = qemu_plugin_tb_get_insn(tb, i);
    const size_t index = qemu_plugin_insn_vaddr(insn) / 2;
    if (index >= kCounters) continue;
    qemu_plugin_register_vcpu_insn_exec_inline(insn, kAdd, &counters[index], 1);
    qemu_plugin_register_vcpu_mem_cb(insn, OnRead, kNoRegisters, kReads, &counters[kCounters + index]);
  }
}

int qemu_plugin_install(plugin_id id, const void* info, int argc, char** argv) {
  (void)info;
  const char* path = NULL;
  for (int i = 0; i < argc; ++i) {
    if (strncmp(argv[i], "counters=", 9) == 0) path = argv[i] + 9;
    if (strncmp(argv[i], "begin=", 6) == 0) window_begin = strtoull(argv[i] + 6, NULL, 0);
    if (strncmp(argv[i], "end=", 4) == 0) window_end = strtoull(argv[i] + 4, NULL, 0);
  }
  const int file = path ? open(path, O_RDWR) : -1;
  if (file < 0) return 1;
  void* mapped = mmap(NULL, 2 * kCounters * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (mapped == MAP_FAILED) return 1;
  counters = mapped;
  qemu_plugin_register_vcpu_tb_trans_cb(id, OnTranslation);
  return 0;
}
