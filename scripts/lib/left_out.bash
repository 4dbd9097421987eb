# Reports checks that cannot run on this machine.
#
# SPDX-License-Identifier: Apache-2.0

# shellcheck source=scripts/lib/debian.bash
source "${BASH_SOURCE[0]%/*}/debian.bash"

# Some checks need the tool versions of Debian 12.
home_release=12

# left_out WHAT WHY: reports that a check is left out. scripts/test repeats this in its last lines. If the variable CI
# is set, it is a failure.
left_out() {
  if [[ -n ${CI:-} ]]; then
    printf '%s: not checked: %s: %s; CI has to check it\n' "${0##*/}" "$1" "$2" >&2
    exit 1
  fi
  note_left_out "$1" "$2"
}

# left_out_of_release WHAT WHY: the same for a check that needs the versions of Debian 12. On other releases, it is left
# out in CI too.
left_out_of_release() {
  if [[ $(debian_release) == "$home_release" ]]; then
    left_out "$1" "$2"
  else
    note_left_out "$1" "$2 (the check is bound to Debian $home_release)"
  fi
}

# note_left_out WHAT WHY: reports it; never a failure.
note_left_out() {
  local line="LEFT OUT: $1: $2"
  printf '%s\n' "$line"
  [[ -z ${LEFT_OUT_LIST:-} ]] || printf '%s\n' "$line" >> "$LEFT_OUT_LIST"
}
