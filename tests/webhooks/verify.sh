#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify.sh FILE: as verify.mjs, with the pinned package, which is fetched into build/ where it is
# missing. Status 77: there is no npm.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
FETCHED=$here/../../build/webhooks-verifier
export FETCHED
command -v npm >/dev/null || { echo "there is no npm" >&2; exit 77; }
pinned=$(sed -n 's/.*"standardwebhooks": "\(.*\)".*/\1/p' "$here/package.json")
if ! grep -qs "\"version\": \"$pinned\"" "$FETCHED/node_modules/standardwebhooks/package.json"; then
    mkdir -p "$FETCHED"
    cp "$here/package.json" "$here/package-lock.json" "$FETCHED"
    npm ci --prefix "$FETCHED" --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >&2
fi
exec node "$here/verify.mjs" "$1"
