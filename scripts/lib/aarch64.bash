# What the scripts for aarch64 share: the packages of arm64 in a folder, and programs of aarch64 run by qemu. Source it after
# run.bash.
#
# SPDX-License-Identifier: Apache-2.0

# shellcheck source=scripts/lib/private_apt.bash
source "${BASH_SOURCE[0]%/*}/private_apt.bash"

# The libraries that a cross-build needs.
aarch64_build_packages=(
  libc6-dev libstdc++6 libhwy-dev libopenblas-pthread-dev libboost-math-dev libxxhash-dev libboost-dev
  libcli11-dev libcsv-dev nlohmann-json3-dev zlib1g-dev libcmocka-dev
)

# make_aarch64_root FOLDER: has the libraries of arm64 in FOLDER. The system's own packages do not change.
make_aarch64_root() {
  quietly 'getting the libraries of arm64 from Debian' unpack_packages "$1" arm64 "${aarch64_build_packages[@]}"
}

qemu_aarch64=qemu-aarch64-static

# emulated ROOT COMMAND...: runs a command whose child processes may be programs of aarch64 with the libraries in ROOT. The
# kernel gives them to qemu (binfmt_misc), in a namespace of this command, so that the system does not change. Kernels
# before 6.7 have no such namespaces; there the system must know qemu already (qemu-user-static with systemd does that).
emulated() {
  local root=$1
  shift
  local -x QEMU_LD_PREFIX=$root
  if system_runs_aarch64; then
    "$@"
    return
  fi
  local rule
  rule=$(binfmt_rule)
  # shellcheck disable=SC2016 # for the inner shell
  unshare --user --map-root-user --mount -- bash -euc '
    mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
    printf %s "$1" > /proc/sys/fs/binfmt_misc/register
    shift
    exec "$@"' bash "$rule" "$@"
}

# emulated_in ROOT COMMAND...: runs a command of aarch64 in ROOT as its whole system, with an environment independent of this
# machine.
emulated_in() {
  # shellcheck disable=SC2016 # for the inner shell
  emulated / unshare --user --map-root-user --mount -- bash -euc '
    root=$1
    shift
    mount --rbind /dev "$root/dev"
    mount --rbind /proc "$root/proc"
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
      chroot "$root" "$@"' bash "$@"
}

# The rule of binfmt_misc: the first bytes of programs of aarch64, and their interpreter. P: argv[0] is kept; F: the
# interpreter is opened now, so that programs in a chroot find it too.
binfmt_rule() {
  local rule
  rule=$(grep -m 1 '^:qemu-aarch64:' /usr/lib/binfmt.d/qemu-aarch64.conf) \
    || die 'there is no /usr/lib/binfmt.d/qemu-aarch64.conf; install the Debian package qemu-user-static'
  printf '%s' "$rule"
}

system_runs_aarch64() {
  grep -qx enabled /proc/sys/fs/binfmt_misc/qemu-aarch64 2> /dev/null
}

# require_emulation: ends the script if programs of aarch64 cannot be run.
require_emulation() {
  command -v "$qemu_aarch64" > /dev/null || die "there is no $qemu_aarch64; install the Debian package qemu-user-static"
  emulated / true 2> /dev/null \
    || die 'the kernel cannot be told to run programs of aarch64 by qemu: binfmt_misc in a user namespace needs Linux 6.7'
}
