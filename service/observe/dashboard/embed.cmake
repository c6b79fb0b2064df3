# Writes OUTPUT, a C++ source that holds the dashboard's files.
# Usage: cmake -DOUTPUT=... -DSOURCE=... -DUPLOT=... -P embed.cmake
set(types_html "text/html; charset=utf-8")
set(types_css "text/css; charset=utf-8")
set(types_js "text/javascript; charset=utf-8")
set(types_svg "image/svg+xml")
set(arrays "")
set(entries "")

function(embed path file)
  string(REGEX MATCH "[a-z]+$" kind "${file}")
  string(MAKE_C_IDENTIFIER "file_${path}" name)
  file(READ "${file}" bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND arrays "constexpr char ${name}[] = {${bytes}'\\0'};\n")
  string(APPEND entries "    Asset{\"${path}\", \"${types_${kind}}\", {${name}, ${size}}},\n")
  set(arrays "${arrays}" PARENT_SCOPE)
  set(entries "${entries}" PARENT_SCOPE)
endfunction()

embed("/" "${SOURCE}/index.html")
embed("/page.css" "${SOURCE}/page.css")
embed("/page.js" "${SOURCE}/page.js")
foreach(part dom charts knee verdicts classes orders)
  embed("/${part}.js" "${SOURCE}/${part}.js")
endforeach()
embed("/icon.svg" "${SOURCE}/icon.svg")
embed("/uplot.js" "${UPLOT}/uplot.js")
embed("/uplot.css" "${UPLOT}/uplot.css")
file(WRITE "${OUTPUT}" "#include \"service/observe/dashboard_assets.hpp\"

#include <array>

namespace sweetspot::observe {
namespace {

${arrays}
constexpr std::array assets{
${entries}};

}  // namespace

std::span<const Asset> dashboard_assets() { return assets; }

}  // namespace sweetspot::observe
")
