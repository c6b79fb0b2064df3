#pragma once

#include <string>

#include "loadgen/engine/tally.hpp"

namespace sweetspot::loadgen {

// A histogram as the HdrHistogram projects exchange it.

// The percentile distribution in milliseconds that `.hgrm` plotters read.
std::string format_hgrm(const tuner::Histogram& histogram);

// An interval log, version 1.3: one interval, a line for each outcome that occurred, tagged with
// its name; values in nanoseconds.
std::string format_hdr_log(const engine::Tally& tally, tuner::Duration measured);

// The V2 encoding, compressed, in Base64.
std::string encode_hdr(const tuner::Histogram& histogram);

}  // namespace sweetspot::loadgen
