#include "loadgen/run/hdr.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "loadgen/text/base64.hpp"
#include "loadgen/text/format.hpp"

namespace sweetspot::loadgen {
namespace {

using tuner::Buckets;
using tuner::Histogram;

constexpr int digits = 3;
constexpr std::int64_t highest = 4'000'000'000'000;  // ns: what our widest bucket holds
constexpr int half_count_magnitude = 10;             // 2048 sub-buckets keep three digits
constexpr std::int64_t half_count = 1 << half_count_magnitude;
constexpr std::int32_t cookie_v2 = 0x1c849303 | 0x10;  // with variable-length counts
constexpr std::int32_t cookie_v2_compressed = 0x1c849304 | 0x10;

std::int64_t middle_of(std::size_t bucket) {
  return (Buckets::lower(bucket).count() + Buckets::upper(bucket).count()) / 2;
}

// The index of a value in HdrHistogram's array of counts, with the lowest value 1.
std::int64_t hdr_index(std::int64_t value) {
  const auto bits =
      static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value) | (2 * half_count - 1)));
  const int bucket = bits - (half_count_magnitude + 1);
  const std::int64_t sub_bucket = value >> bucket;
  return (static_cast<std::int64_t>(bucket + 1) << half_count_magnitude) + sub_bucket - half_count;
}

template <class Integer>
void put(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof value) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> shift);
  }
}

// ZigZag LEB128; the ninth byte holds eight bits.
void put_variable(std::string& out, std::int64_t value) {
  auto rest = (static_cast<std::uint64_t>(value) << 1) ^ (value < 0 ? ~std::uint64_t{0} : 0);
  for (int i = 0; i < 8; ++i) {
    if (rest >> 7 == 0) {
      out += static_cast<char>(rest);
      return;
    }
    out += static_cast<char>((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  out += static_cast<char>(rest);
}

// Counts by index, runs of zeros as one negative number.
std::string counts_of(const Histogram& histogram) {
  std::map<std::int64_t, std::uint64_t> counts;
  for (std::size_t i = 0; i < Buckets::count; ++i) {
    if (histogram.at(i) > 0) counts[hdr_index(middle_of(i))] += histogram.at(i);
  }
  std::string out;
  std::int64_t next = 0;
  for (const auto& [index, count] : counts) {
    if (index > next) put_variable(out, next - index);
    put_variable(out, static_cast<std::int64_t>(count));
    next = index + 1;
  }
  return out;
}

std::string deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  out.resize(size);
  return out;
}

std::string hgrm_row(const Histogram& histogram, double q) {
  const double value = tuner::milliseconds(histogram.quantile(q));
  const auto count = static_cast<double>(histogram.count());
  const double rank = std::clamp(std::ceil(q * count), 1.0, count);
  std::string row = format("%12.3f %2.12f %10.0f", value, q, rank);
  return row + (q < 1 ? format(" %14.2f\n", 1 / (1 - q)) : "\n");
}

}  // namespace

std::string format_hgrm(const Histogram& histogram) {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  constexpr int ticks = 5;  // each time the distance to 100 % has halved
  if (!histogram.empty()) {
    const double end = 1 - 0.5 / static_cast<double>(histogram.count());
    double q = 0;
    for (double distance = 1; q < end; distance /= 2) {
      for (int i = 0; i < ticks && q < end; ++i, q += distance / 2 / ticks)
        text += hgrm_row(histogram, q);
    }
    text += hgrm_row(histogram, 1);
  }
  const double mean = tuner::milliseconds(histogram.mean());
  text += format("#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", mean,
                 mean * std::sqrt(histogram.squared_variation()));
  text += format("#[Max     = %12.3f, Total count    = %12llu]\n",
                 tuner::milliseconds(histogram.quantile(1)),
                 static_cast<unsigned long long>(histogram.count()));
  text += format("#[Buckets = %12d, SubBuckets     = %12d]\n", 32, 64);
  return text;
}

std::string encode_hdr(const Histogram& histogram) {
  const std::string counts = counts_of(histogram);
  std::string payload;
  put(payload, cookie_v2);
  put(payload, static_cast<std::int32_t>(counts.size()));
  put(payload, std::int32_t{0});  // normalizing index offset
  put(payload, std::int32_t{digits});
  put(payload, std::int64_t{1});  // lowest value told from zero
  put(payload, highest);
  put(payload, std::bit_cast<std::int64_t>(1.0));  // conversion ratio
  const std::string compressed = deflated(payload + counts);
  std::string out;
  put(out, cookie_v2_compressed);
  put(out, static_cast<std::int32_t>(compressed.size()));
  return base64(out + compressed);
}

}  // namespace sweetspot::loadgen
