# Commands that take long: they neither flood the screen nor fall silent, and what went wrong is shown.
#
# SPDX-License-Identifier: Apache-2.0

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# make_folder FOLDER: makes it, unless it is there and can be written to.
make_folder() {
  if mkdir -p -- "$1" && [[ -w $1 ]]; then
    return
  fi
  die "$PWD/$1 cannot be written to by $(id -un): it was made by another user; remove it, or run this as that user"
}

run_tick_seconds=15
run_tail_lines=100
run_ticker=''
trap 'stop_ticks' EXIT # a script with a trap of its own calls it there

# start_ticks WHAT [LOG]: from now on says every 15 seconds that WHAT still runs, with the last line of LOG.
start_ticks() {
  local what=$1 log=${2:-} start=$SECONDS
  (
    trap 'kill "$!" 2> /dev/null; exit 0' TERM
    while true; do
      sleep "$run_tick_seconds" &> /dev/null &
      wait "$!"
      # However the script ends, this ends with it.
      kill -0 "$$" 2> /dev/null || exit 0
      local last=''
      [[ -z $log ]] || last=$(tail -c 4000 -- "$log" 2> /dev/null | tr '\r\0' '\n ' | awk 'NF { last = $0 } END { print last }')
      printf '   %s: %d s%s\n' "$what" "$((SECONDS - start))" "${last:+, ${last:0:90}}"
    done
  ) &
  run_ticker=$!
}

stop_ticks() {
  [[ -n $run_ticker ]] || return 0
  kill "$run_ticker" 2> /dev/null || true
  wait "$run_ticker" 2> /dev/null || true
  run_ticker=''
}

# quietly WHAT COMMAND...: prints nothing but ticks. If the command fails, shows the end of what it printed, says
# where all of that is, and ends the script.
quietly() {
  local what=$1 log status=0
  shift
  log=$(mktemp -- "${TMPDIR:-/tmp}/${0##*/}.XXXXXXXX") || die "cannot write in ${TMPDIR:-/tmp}; set TMPDIR to a folder that is yours"
  start_ticks "$what" "$log"
  "$@" &> "$log" || status=$?
  stop_ticks
  if ((status)); then
    tail -n "$run_tail_lines" -- "$log" >&2
    (($(wc -l < "$log") <= run_tail_lines)) || printf '%s: these are the last %d lines; all are in %s\n' "${0##*/}" "$run_tail_lines" "$log" >&2
    die "$what: failed with exit code $status: $*"
  fi
  rm -f -- "$log"
}

# aloud WHAT COMMAND...: lets the command print, with ticks between its lines.
aloud() {
  local what=$1
  shift
  start_ticks "$what"
  "$@" || { local status=$?; stop_ticks; return "$status"; }
  stop_ticks
}
