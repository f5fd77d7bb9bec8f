#!/bin/sh
# Make a Debian base image without pulling one: debootstrap from the mirror this host uses, then `docker import`.
#
#   docker/base-image.sh DIST NAME       for example: docker/base-image.sh bookworm ambient-base:latest
#
# Needs root and debootstrap. Honours DOCKER_HOST.
set -eu

[ $# -eq 2 ] || { sed -n '2,6p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2; }
dist=$1
name=$2

command -v debootstrap >/dev/null || { echo "debootstrap is not installed (apt-get install debootstrap)." >&2; exit 1; }

# The first mirror among the host's own sources that has a `main` component; both the old and the deb822 notation.
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n -e 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*debian[^ ]*\) .* main.*/\2/p' -e 's/^URIs: *\(http[^ ]*debian\/\{0,1\}\)$/\1/p' |
    grep -v security | head -n 1)
[ -n "$mirror" ] || { echo "No Debian mirror among the host's apt sources; nothing was built." >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT INT TERM

debootstrap --variant=minbase --include=ca-certificates,git,python3,python3-pip,python3-venv "$dist" "$folder/root" "$mirror"
for bundle in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt; do
    if [ -n "$bundle" ] && [ -r "$bundle" ]; then
        cp "$bundle" "$folder/root/etc/ssl/certs/ca-certificates.crt"
        break
    fi
done
rm -rf "$folder/root/var/cache/apt/archives" "$folder/root/var/lib/apt/lists"
tar --numeric-owner -C "$folder/root" -c . | docker import - "$name"
