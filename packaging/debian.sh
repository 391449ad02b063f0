#!/bin/sh
# Install Debian packages that are missing, when this user may; otherwise name them.
#
#   packaging/debian.sh optional|required PACKAGE...
#
# `required` fails when something is still missing at the end, `optional` says so and goes on.
set -eu

need=$1
shift

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    for package in "$@"; do
        state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        if [ "$state" = installed ]; then continue; fi
        # Any nginx will do: nginx-light, nginx-core, nginx-full or nginx.org's own.
        case "$package" in nginx*) if [ -x /usr/sbin/nginx ]; then continue; fi ;; esac
        case "$package" in nodejs) if command -v node >/dev/null 2>&1; then continue; fi ;; esac
        # Ubuntu's chromium is a snap; a Chromium or Chrome from elsewhere will do.
        case "$package" in chromium) if command -v chromium google-chrome >/dev/null 2>&1; then continue; fi ;; esac
        missing="$missing $package"
    done
else
    missing=" $*"
fi
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

if [ "$may_install" = yes ]; then
    echo "Installing Debian packages:$missing"
    log=$(mktemp)
    # $missing and $as_root are lists of words on purpose. policy-rc.d is left alone, but nothing
    # that these packages start is needed: the demo and the tests run their own servers.
    if $as_root apt-get update -qq >"$log" 2>&1 &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1; then
        rm -f "$log"
        exit 0
    fi
    tail -n 20 "$log"
    echo "apt-get could not install them; its output is in $log."
fi

echo "Missing Debian packages:$missing"
echo "Install them with:  sudo apt-get install$missing"
if [ "$need" = required ]; then exit 1; fi
echo "Going on without them."
