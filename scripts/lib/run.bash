# Runs long commands with little output, signs of progress, and the end of the output after a failure.
#
# SPDX-License-Identifier: Apache-2.0

die() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

# make_folder FOLDER: creates it unless it exists and is writable.
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

# start_ticks WHAT [LOG]: reports every 15 seconds that WHAT still runs, with the last line of LOG.
start_ticks() {
  local what=$1 log=${2:-} start=$SECONDS
  (
    sleeper=''
    trap '[[ -z $sleeper ]] || kill "$sleeper" 2> /dev/null; exit 0' TERM
    while true; do
      sleep "$run_tick_seconds" &> /dev/null &
      sleeper=$!
      wait "$sleeper"
      # This process ends with the script, however that ends.
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

# quietly WHAT COMMAND...: prints only ticks. If the command fails, it shows the end of the output and the file with all
# output, and ends the script.
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

# at_once NAME COMMAND [NAME COMMAND]...: runs the commands, each a line for bash, at the same time. Then shows the output
# of each under its name, in the order of the arguments. Fails if one of them failed, and names these in the last line.
at_once() {
  local names=() processes=() failed=() folder i
  folder=$(mktemp -d -- "${TMPDIR:-/tmp}/${0##*/}.XXXXXXXX") || die "cannot write in ${TMPDIR:-/tmp}; set TMPDIR to a folder that is yours"
  start_ticks 'at once'
  while (($# > 0)); do
    # Bash makes commands in the background ignore Ctrl-C, which tests send to themselves.
    env --default-signal=INT,QUIT bash -euo pipefail -c "$2" &> "$folder/${#names[@]}" &
    processes+=("$!")
    names+=("$1")
    shift 2
  done
  for i in "${!names[@]}"; do
    wait "${processes[i]}" || failed+=("${names[i]}")
  done
  stop_ticks
  for i in "${!names[@]}"; do
    printf '\n-- %s\n' "${names[i]}"
    cat -- "$folder/$i"
  done
  rm -rf -- "$folder"
  ((${#failed[@]} == 0)) || die "failed: $(IFS=,; printf '%s' "${failed[*]}")"
}

# aloud WHAT COMMAND...: shows the output of the command, with ticks between its lines.
aloud() {
  local what=$1
  shift
  start_ticks "$what"
  "$@" || { local status=$?; stop_ticks; return "$status"; }
  stop_ticks
}
