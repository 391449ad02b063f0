#!/bin/sh
# Install Debian packages that are missing, when this user may; otherwise name them.
#
#   packaging/debian.sh optional|required PACKAGE...
#
# `required` fails when something is still missing at the end, `optional` says so and goes on.
set -eu

need=$1
shift

# Debian keeps servers off a user's PATH.
PATH=$PATH:/usr/sbin:/usr/local/sbin

# What does the work of a package counts, wherever it came from.
is_there() {
    if [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; then return 0; fi
    case "$1" in
    nginx*) command -v nginx ;;
    nodejs) command -v node ;;
    libjpeg-turbo-progs) command -v djpeg ;;
    chromium)
        for browser in chromium chromium-browser google-chrome google-chrome-stable; do
            # Ubuntu's is a stub that only tells of a snap, so it has to answer.
            if "$browser" --version; then return 0; fi
        done
        return 1
        ;;
    *) command -v "$1" ;;
    esac
}

look() {
    missing=""
    for package in "$@"; do
        if ! is_there "$package" >/dev/null 2>&1; then missing="$missing $package"; fi
    done
}

look "$@"
if [ -z "$missing" ]; then exit 0; fi

as_root=""
may_install=no
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        may_install=yes
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
        may_install=yes
    fi
fi

unknown=""
if [ "$may_install" = yes ]; then
    log=$(mktemp)
    # Without network, or with one broken source, old lists may still do.
    $as_root apt-get update -qq >"$log" 2>&1 || true
    # One name that apt does not know would make it install none.
    known=""
    for package in $missing; do
        if apt-cache show "$package" >/dev/null 2>&1; then known="$known $package"; else unknown="$unknown $package"; fi
    done
    if [ -n "$known" ]; then
        echo "Installing Debian packages:$known"
        # Lists of words on purpose. policy-rc.d is left alone, but nothing that these packages start
        # is needed: the demo and the tests run their own servers.
        # shellcheck disable=SC2086
        if ! $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $known >>"$log" 2>&1; then
            tail -n 20 "$log"
            echo "apt-get could not install them."
        fi
    fi
    rm -f "$log"
    look "$@"
    if [ -z "$missing" ]; then exit 0; fi
fi

echo "Missing Debian packages:$missing"
if [ -n "$unknown" ]; then
    echo "apt-get knows no:$unknown"
else
    echo "Install them with:  sudo apt-get install$missing"
fi
case " $missing " in *" chromium "*)
    echo "For chromium any chromium-browser, google-chrome or google-chrome-stable on the PATH will do: Ubuntu has it"
    echo "as a snap only, https://www.google.com/chrome/ as a package."
    ;;
esac
if [ "$need" = required ]; then exit 1; fi
echo "Going on without them."
