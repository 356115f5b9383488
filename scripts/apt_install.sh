#!/usr/bin/env bash
# Install Debian packages that pip cannot bring, or say in one line what is to be installed by hand.
# Usage: apt_install.sh WHAT-FOR PACKAGE...
set -u
purpose=$1; shift
missing=()
for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

if [ "$(id -u)" -eq 0 ]; then as_root=()
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=(sudo)
else as_root=(none); fi
if [ "${as_root[*]-}" != none ] && command -v apt-get >/dev/null; then
    echo "Installing ${missing[*]} ($purpose)"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" \
        >/dev/null && exit 0
fi
echo "Missing: ${missing[*]} ($purpose), and it cannot be installed from here." \
     "Ask an administrator for: apt-get install ${missing[*]}" >&2
exit 1
