#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lints openapi/akkoord.yaml with the pinned linter, which is fetched into build/ where it
# is missing. A warning fails too.
set -eu
cd "$(dirname "$0")/../.."
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NO_COLOR=1

fetched=build/openapi-linter
linter=$fetched/node_modules/@redocly/cli
pinned=$(sed -n 's/.*"@redocly\/cli": "\(.*\)".*/\1/p' tests/openapi/package.json)
if ! grep -qs "\"version\": \"$pinned\"" "$linter/package.json"; then
    mkdir -p "$fetched"
    cp tests/openapi/package.json tests/openapi/package-lock.json "$fetched"
    npm ci --prefix "$fetched" --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error
fi

said=$(mktemp)
trap 'rm -f "$said"' EXIT
if ! node "$linter/bin/cli.js" lint --config openapi/redocly.yaml openapi/akkoord.yaml >"$said" 2>&1 ||
    grep -qE 'WARNING|Warning was generated' "$said"; then
    cat "$said"
    exit 1
fi
echo "openapi/akkoord.yaml: no errors, no warnings (redocly $pinned)"
