#pragma once

#include <string>

#include "loadgen/engine/tally.hpp"

namespace sweetspot::loadgen {

// A histogram as the HdrHistogram projects exchange it.

// The percentile distribution in milliseconds that `.hgrm` plotters read.
std::string format_hgrm(const tuner::Histogram& histogram);

// Values in nanoseconds: the V2 encoding, compressed, in Base64.
std::string encode_hdr(const tuner::Histogram& histogram);

}  // namespace sweetspot::loadgen
