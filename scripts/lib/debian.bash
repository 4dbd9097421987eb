# The Debian release of this machine.
#
# SPDX-License-Identifier: Apache-2.0

# os_release NAME: a value of /etc/os-release, or nothing.
os_release() {
  # shellcheck source=/dev/null
  (set +u && . /etc/os-release && printf '%s' "${!1}") 2> /dev/null || true
}

# debian_release: 12, for example; nothing on other systems.
debian_release() {
  [[ $(os_release ID) != debian ]] || os_release VERSION_ID
}

# debian_mirror: the address from which apt gets this release; nothing on other systems.
debian_mirror() {
  [[ $(os_release ID) == debian ]] || return 0
  # shellcheck disable=SC2016 # apt's own placeholders
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2> /dev/null \
    | awk -v codename="$(os_release VERSION_CODENAME)" '$1 == codename && !found { print $2; found = 1 }' || true
}
