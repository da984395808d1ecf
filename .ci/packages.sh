#!/usr/bin/env bash
# Installs the Debian packages of .ci/packages that are missing, where that is allowed, and prints what is still missing.
# It is allowed for root in CI (CI is set) or in a container, or with COUNTERSIGN_INSTALL_PACKAGES=1; 0 forbids it.
# It never fails: a test says itself what it cannot test.
set -uo pipefail
list=$(dirname "${BASH_SOURCE[0]}")/packages

# Prints the packages of which a file is missing.
missing() {
  local file package
  while read -r file package; do
    [[ $file == /* && ! -e $file ]] && printf '%s\n' "$package"
  done <"$list" | sort -u
}

may_install() {
  [[ ${COUNTERSIGN_INSTALL_PACKAGES:-} != 0 && $(id -u) == 0 ]] || return 1
  command -v apt-get >/dev/null || return 1
  [[ ${COUNTERSIGN_INSTALL_PACKAGES:-} == 1 || -n ${CI:-} || -e /.dockerenv || -e /run/.containerenv ]]
}

install_missing() {
  local policy=/usr/sbin/policy-rc.d package wanted=()
  export DEBIAN_FRONTEND=noninteractive
  timeout 120 apt-get -qq -o Acquire::Retries=1 -o Acquire::http::Timeout=20 update || return
  # One unknown name would stop the installation of all.
  for package in $(missing); do apt-cache show "$package" && wanted+=("$package"); done
  # The packages' services must not start.
  if [[ ! -e $policy ]]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
  fi
  # Only the download may be cut off: a cut installation leaves packages half configured.
  local install=(apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=1 install --yes --no-install-recommends)
  dpkg --configure -a
  timeout 240 "${install[@]}" --download-only "${wanted[@]}" && "${install[@]}" --no-download "${wanted[@]}"
}

[[ -z $(missing) ]] || ! may_install || install_missing >/dev/null 2>&1
for package in $(missing); do echo "not installed: $package"; done
exit 0
