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

# Debian splits venv from python3; ensurepip is the part that is missing then.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    sh "$(dirname "$0")/debian.sh" required python3-venv
fi

if [ ! -x "$venv/bin/python" ]; then "$python" -m venv "$venv"; fi
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable '.[dev,load]'
