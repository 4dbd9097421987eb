# What the test suite says after ctest: closing lines, and tests that were skipped. Source it after left_out.bash.
#
# SPDX-License-Identifier: Apache-2.0

# Prints the last lines of each test program: how many cases passed, and which were skipped. ctest hides them on
# success.
print_closing_lines() {
  awk '/^[0-9]+\/[0-9]+ Testing: / { name = $3 }
       /^\[  (PASSED|SKIPPED|FAILED) +\]/ || /^Ran [0-9]+ tests? in / || /^OK( \(.*\))?$/ {
         printf "%-32s %s\n", name, $0
       }' \
    "build/$1/Testing/Temporary/LastTest.log"
}

# Lists the skipped tests with their reasons. Without the folder ../shared, the project passes too, and an emulator cannot
# do everything that a processor and a kernel can.
note_skipped_tests() {
  local line
  while IFS= read -r line; do
    if [[ $line == *" is absent" || $line == *" under qemu"* ]]; then
      note_left_out "$1: ${line%%: *}" "${line#*: }"
    else
      left_out "$1: ${line%%: *}" "${line#*: }"
    fi
  done < <(awk '/^[0-9]+\/[0-9]+ Testing: / { name = $3; why = "the test does not say why" }
                /^skipped: / { sub(/^skipped: /, ""); print name ": " $0 }
                /^not checked: / { sub(/^not checked: /, ""); why = $0 }
                /^\[  SKIPPED \] [A-Za-z]/ { print name ", " $4 ": " why }' \
             "build/$1/Testing/Temporary/LastTest.log" | sort -u)
}
