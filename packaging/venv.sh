#!/bin/sh
# Make a virtual environment with the newest suitable Python and install Signet in it.
#
#   packaging/venv.sh DIRECTORY
set -eu

venv=$1
python=""
for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Signet needs Python 3.11 or newer. Install one (apt-get install python3) or name it: make PYTHON=/path/to/python3"
    exit 1
fi

# Debian splits venv from each of its Pythons; ensurepip is the part that is missing then.
has_venv() {
    "$python" -c 'import ensurepip, venv' 2>/dev/null
}

if ! has_venv; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    sh "$(dirname "$0")/debian.sh" required "$package" || true
    # A Python that is not Debian's gets nothing from Debian's package.
    if ! has_venv; then
        echo "$python lacks the modules venv and ensurepip. Install $package, or name another Python: make PYTHON=/path/to/python3"
        exit 1
    fi
fi

# An environment whose making was interrupted has a python and no pip.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then "$python" -m venv "$venv"; fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev,load]'
