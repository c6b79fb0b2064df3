# Brings uPlot, as locked in package-lock.json, to OUTPUT. Where there is no npm, or it cannot reach
# its registry, the files are empty: the page then shows figures and tables in place of the charts.
# Usage: cmake -DOUTPUT=... -DSOURCE=... -DNPM=... -P vendor.cmake
file(MAKE_DIRECTORY "${OUTPUT}")
file(COPY "${SOURCE}/package.json" "${SOURCE}/package-lock.json" DESTINATION "${OUTPUT}")
set(library "${OUTPUT}/node_modules/uplot/dist")
set(result "no npm")
if(NPM)
  execute_process(COMMAND "${NPM}" ci --ignore-scripts --no-audit --no-fund --prefer-offline
                          --fetch-retries=1
                  WORKING_DIRECTORY "${OUTPUT}" TIMEOUT 60
                  RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
endif()
if(result EQUAL 0 AND EXISTS "${library}/uPlot.iife.min.js")
  file(COPY_FILE "${library}/uPlot.iife.min.js" "${OUTPUT}/uplot.js")
  file(COPY_FILE "${library}/uPlot.min.css" "${OUTPUT}/uplot.css")
else()
  message("dashboard: without uPlot (${result}): a plain page")
  file(WRITE "${OUTPUT}/uplot.js" "")
  file(WRITE "${OUTPUT}/uplot.css" "")
endif()
