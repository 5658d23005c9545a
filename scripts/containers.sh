#!/bin/sh
# Build the images safu-device and safu-trainer: with docker where it runs, else with Debian's buildah on a base that
# debootstrap makes, so that no registry of images is needed. What is there already is used again.
# TORCH_INDEX=URL names another source of torch for the trainer; empty: none but pip's own.
set -eu
cd "$(dirname "$0")/.."
cache=.cache/containers
base=localhost/safu-base:bookworm
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

say() { echo "containers: $*"; }

# What pip is told on this machine about where packages come from. The build sees it as a secret; no image keeps it.
pip_setting() {
    "${PYTHON:-python3}" -m pip config list 2>/dev/null | sed -n "s/^[^=]*\.$1='\(.*\)'\$/\1/p" | tail -n 1 |
        sed 's/\\n/ /g; s|file:[^ ]*||g'
}
pip_settings() {
    echo "[global]"
    for key in index-url extra-index-url trusted-host; do
        value=$(pip_setting "$key")
        [ -z "$value" ] || echo "$key = $value"
    done
}

with_docker() {
    pip_settings >"$scratch/pip.conf"
    for image in device trainer; do
        say "building safu-$image with docker ..."
        docker build --secret "id=pip,src=$scratch/pip.conf" "$@" -f "docker/$image.Dockerfile" -t "safu-$image" .
    done
}

with_buildah() {
    install_packages
    make_base
    pip_settings >"$scratch/pip.conf"
    wheels=$(pip_setting find-links)
    if [ -d "$wheels" ]; then
        echo "find-links = /mnt" >>"$scratch/pip.conf"
        set -- "$@" --volume "$wheels:/mnt:ro"
        # torch is there already: nobody else need be asked.
        if [ -z "${TORCH_INDEX+given}" ] && ls "$wheels"/torch-*.whl >/dev/null 2>&1; then
            set -- "$@" --build-arg TORCH_INDEX=
        fi
    fi
    certificates=$(pip_setting cert)
    if [ -f "$certificates" ]; then
        set -- "$@" --volume "$certificates:/etc/ssl/certs/ca-certificates.crt:ro"
    fi
    for image in device trainer; do
        say "building safu-$image with buildah; minutes the first time ..."
        nice -n 10 buildah bud --pull=never --layers --isolation chroot --format docker --build-arg "BASE=$base" \
            --secret "id=pip,src=$scratch/pip.conf" "$@" -f "docker/$image.Dockerfile" -t "localhost/safu-$image" .
    done
    buildah images | grep -E 'IMAGE ID|/safu-(device|trainer)'
}

install_packages() {
    missing=""
    for package in buildah podman runc debootstrap; do
        dpkg -s "$package" 2>/dev/null | grep -q '^Status: install ok installed' || missing="$missing $package"
    done
    if [ "$(id -u)" != 0 ]; then
        echo "There is no docker here, and what stands in for it needs root. Please type:   sudo make containers" >&2
        exit 1
    fi
    [ -n "$missing" ] || return 0
    say "installing Debian packages:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # one word a package
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# Debian bookworm with its Python 3.11, in the place of python:3.11-slim-bookworm.
make_base() {
    ! buildah inspect --type image "$base" >/dev/null 2>&1 || return 0
    if [ ! -e "$cache/base.tar" ]; then
        say "making a base with debootstrap; minutes, this once ..."
        mkdir -p "$cache"
        nice -n 10 debootstrap --variant=minbase --include=python3-minimal,python3-venv,ca-certificates bookworm \
            "$scratch/root" >"$cache/debootstrap.log" || { tail "$cache/debootstrap.log" >&2; exit 1; }
        tar -C "$scratch/root" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./dev/*' \
            -cf "$scratch/base.tar" .
        mv "$scratch/base.tar" "$cache/base.tar"
    fi
    say "taking $cache/base.tar as the base"
    podman import --quiet "$cache/base.tar" "$base" >/dev/null
}

[ -z "${TORCH_INDEX+given}" ] || set -- --build-arg "TORCH_INDEX=$TORCH_INDEX"
if docker info >/dev/null 2>&1; then
    with_docker "$@"
else
    with_buildah "$@"
fi
say "done; next: docker/make-secrets.sh"
