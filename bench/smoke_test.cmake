# Runs the bench on a tiny workload and checks its JSON, its recall and its exit status.
#   cmake -DBENCH=path/of/residual-knn-bench -DFOLDER=where/to/write -P smoke_test.cmake
cmake_minimum_required(VERSION 3.25)

function(run_bench expected_status)
  execute_process(COMMAND ${BENCH} ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE errors)
  message("residual-knn-bench ${ARGN}\n${output}${errors}")
  if(expected_status STREQUAL "fails")
    if(status EQUAL 0)
      message(FATAL_ERROR "expected a failure: ${ARGN}")
    endif()
  elseif(NOT status EQUAL expected_status)
    message(FATAL_ERROR "exit status ${status}, expected ${expected_status}: ${ARGN}")
  endif()
  set(output "${output}" PARENT_SCOPE)
  set(errors "${errors}" PARENT_SCOPE)
endfunction()

function(expect_contains text what)
  string(FIND "${text}" "${what}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "'${what}' is not in:\n${text}")
  endif()
endfunction()

# --list shows the strategies of the library.
run_bench(0 --list)
foreach(name origin origin-all argo vif canopy million growth rough10 rough20 raster raster-shuffled sorted
             sorted-shuffled repeated uncorrelated smooth3
             automatic brute_force level_synchronous best_first batched_best_first dual_tree)
  expect_contains("${output}" " ${name}: ")
endforeach()

# Orders and ties, with one small size.
run_bench(0 --workload raster,raster-shuffled,sorted,sorted-shuffled,repeated,uncorrelated --n 1500
            --strategies brute_force --threads 1 --repeats 1)
expect_contains("${output}" "uncorrelated")

run_bench(0 --workload vif --n 2000 --updates --threads 2 --repeats 3)
expect_contains("${output}" "V the same")
run_bench(0 --workload vif --n 2500 --orderings --threads 2 --repeats 1)
expect_contains("${output}" "in residual distance (m 200)")

run_bench(0 --workload vif --n 2000 --warm --threads 2 --repeats 3)
expect_contains("${output}" "answers the same")

# Two sizes, two strategies and two thread counts give eight rows. Each row has every key.
set(json_file ${FOLDER}/bench_smoke.json)
run_bench(0 --workload vif --n 1000,2000 --strategies automatic,brute_force --threads 1,2 --repeats 1 --json ${json_file})
expect_contains("${output}" "p/K 0%:")
expect_contains("${output}" "Growth of vif, brute_force, 2 thread(s)")
expect_contains("${output}" "Strategies side by side")
expect_contains("${output}" "auto/brute")
expect_contains("${output}" "used brute_force: the caller asked for it; 0 coarse blocks")
file(READ ${json_file} json)
string(JSON length LENGTH "${json}")
if(NOT length EQUAL 8)
  message(FATAL_ERROR "${length} rows, expected 8")
endif()
math(EXPR last "${length} - 1")
foreach(row RANGE ${last})
  foreach(key workload strategy threads rows_per_second recall x_gemm x_gemm_total build_seconds peak_bytes
              n d m k queries search_seconds gemm_seconds gemm_gflops residual_share pairs pairs_scored pairs_rescored
              strategy_used reason coarse_blocks tree_seconds whole_seconds published per_query low_precision_share
              blocks_dismissed_share simd_target blas extrapolated sampled repeats recall_rows distance_error)
    string(JSON ${key} GET "${json}" ${row} ${key})
  endforeach()
  if(NOT workload STREQUAL "vif" OR NOT recall EQUAL 1 OR recall_rows LESS 100)
    message(FATAL_ERROR "row ${row}: workload ${workload}, recall ${recall} of ${recall_rows} rows")
  endif()
  if(peak_bytes STREQUAL "")
    message("SKIPPED: this kernel does not report the peak memory")
    set(peak_bytes 1)
  endif()
  foreach(key rows_per_second x_gemm x_gemm_total peak_bytes search_seconds gemm_seconds)
    if(NOT ${key} GREATER 0)
      message(FATAL_ERROR "row ${row}: ${key} is ${${key}}")
    endif()
  endforeach()
  if(NOT distance_error LESS 1e-8)
    message(FATAL_ERROR "row ${row}: distances differ by ${distance_error}")
  endif()
  foreach(key pairs pairs_scored pairs_rescored pivots_scored pivots_coupled blocks_bounded blocks_dismissed
              points_bounded survivors)
    string(JSON each GET "${json}" ${row} per_query ${key})
  endforeach()
  # The search alone takes at most as long as tree and search, and these at most as long as the whole job.
  if(x_gemm LESS x_gemm_total OR NOT whole_seconds GREATER search_seconds)
    message(FATAL_ERROR "row ${row}: x_gemm ${x_gemm}, x_gemm_total ${x_gemm_total}, whole ${whole_seconds} s")
  endif()
endforeach()

# Every strategy gives right answers, and the comparison has a line with all strategies.
run_bench(0 --workload origin --n 1500 --repeats 2 --json ${json_file})
file(READ ${json_file} json)
string(JSON length LENGTH "${json}")
if(NOT length EQUAL 6)
  message(FATAL_ERROR "${length} rows, expected one for each strategy")
endif()
foreach(row RANGE 5)
  string(JSON recall GET "${json}" ${row} recall)
  if(NOT recall EQUAL 1)
    message(FATAL_ERROR "row ${row}: recall ${recall}")
  endif()
endforeach()

# --growth runs automatic on its own workload.
run_bench(0 --growth --n 500,1000 --repeats 1 --threads 1)
expect_contains("${output}" "Growth of growth, automatic, 1 thread(s)")
expect_contains("${output}" "tree us")
run_bench(fails --growth --workload vif)
expect_contains("${errors}" "--workload")

# A sample of the queries is marked as a sample.
run_bench(0 --workload vif --n 2000 --strategies brute_force --sample-rows 300 --repeats 1 --json ${json_file})
expect_contains("${output}" "SAMPLED: 300 of 2000")
file(READ ${json_file} json)
string(JSON sampled GET "${json}" 0 sampled)
string(JSON recall GET "${json}" 0 recall)
if(NOT sampled OR NOT recall EQUAL 1)
  message(FATAL_ERROR "sampled ${sampled}, recall ${recall}")
endif()

# With absent data, the row is skipped; if nothing else ran, that is a failure. If a workload has a synthetic twin, the
# twin is used.
run_bench(fails --workload canopy --shared ${FOLDER}/absent)
expect_contains("${output}" "SKIPPED: no ${FOLDER}/absent/data/bcef.csv.gz")
run_bench(0 --workload canopy,argo --n 600 --shared ${FOLDER}/absent --strategies brute_force --repeats 1)
expect_contains("${output}" "SKIPPED")
expect_contains("${output}" "SYNTHETIC TWIN")

# After a failed job, the next jobs still run, but the exit status reports the failure.
run_bench(fails --workload vif --n 100,300 --strategies brute_force --repeats 1)
expect_contains("${output}" "FAILED: vif needs n >= 200")
expect_contains("${output}" "p/K 0%:")

run_bench(fails --workload nonsense)
expect_contains("${errors}" "no workload 'nonsense'")
run_bench(fails --workload vif --strategies nonsense)
expect_contains("${errors}" "no strategy 'nonsense'")
run_bench(fails)
run_bench(fails --workload vif --n 2000 --json ${FOLDER}/absent/rows.json)
expect_contains("${errors}" "cannot write")
