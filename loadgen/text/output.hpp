#pragma once

namespace sweetspot::loadgen {

// What a result can be written as; each command knows some of these.
enum class Output { text, json, csv, markdown, junit, prometheus, hgrm, hdrlog };

}  // namespace sweetspot::loadgen
