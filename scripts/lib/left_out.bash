# Checks that cannot be made on this machine: never left out without a word.
#
# SPDX-License-Identifier: Apache-2.0

# shellcheck source=scripts/lib/debian.bash
source "${BASH_SOURCE[0]%/*}/debian.bash"

# Some checks are bound to the versions of the tools that Debian 12 has.
home_release=12

# left_out WHAT WHY: says that a check is left out; scripts/test repeats that in its last lines. Where the variable CI is
# set, that is a failure.
left_out() {
  if [[ -n ${CI:-} ]]; then
    printf '%s: not checked: %s: %s; CI has to check it\n' "${0##*/}" "$1" "$2" >&2
    exit 1
  fi
  note_left_out "$1" "$2"
}

# left_out_of_release WHAT WHY: the same for a check that is bound to versions. On a release other than Debian 12 it
# is left out in CI too.
left_out_of_release() {
  if [[ $(debian_release) == "$home_release" ]]; then
    left_out "$1" "$2"
  else
    note_left_out "$1" "$2 (the check is bound to Debian $home_release)"
  fi
}

# note_left_out WHAT WHY: says it, and is no failure anywhere.
note_left_out() {
  local line="LEFT OUT: $1: $2"
  printf '%s\n' "$line"
  [[ -z ${LEFT_OUT_LIST:-} ]] || printf '%s\n' "$line" >> "$LEFT_OUT_LIST"
}
