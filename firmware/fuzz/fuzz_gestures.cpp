// Fuzzes the device with the gestures app: its motion sensor, samples that a host feeds, windows, and parameters of
// hostile models.
#include "fuzz_dispatcher.cpp"
