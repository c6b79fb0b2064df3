#pragma once

#include <cstdint>

namespace sweetspot::admission {

// Seconds for Retry-After (RFC 9110, section 10.2.3): when those who wait now will have been
// served at the rate at which the queue drains, and up to half as long again, two seconds at least,
// by `jitter` in 0..1, lest all come back at once. From 1 to 60; 40 to 60 where nothing drains.
int retry_after(int queued, double drain_rate, double jitter);

// A number in 0..1 that looks random, from a counter (SplitMix64).
double spread(std::uint64_t counter);

}  // namespace sweetspot::admission
