// Fuzzes the device with the kws app: its microphone, samples that a host feeds, clips, and parameters of hostile
// models.
#include "fuzz_dispatcher.cpp"
