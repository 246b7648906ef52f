#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What libphonenumber's metadata, in the version that package.json pins, calls a valid number is read, and
# never as another one.  numbers.sh PHONE_TOOL
set -euo pipefail
tool=$1
pinned=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$pinned/../.." && pwd)
fetched=$tree/build/phone
unreachable='ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|SELF_SIGNED_CERT'

# Without a network this test is skipped (77), and ctest says so.
fetch() {
    mkdir -p "$fetched"
    cp "$pinned"/package*.json "$fetched"
    npm ci --prefix "$fetched" --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
        >"$fetched/npm.log" 2>&1 || {
        cat "$fetched/npm.log"
        ! grep -qE "$unreachable" "$fetched/npm.log" || exit 77
        exit 1
    }
    cp "$pinned/package-lock.json" "$fetched/node_modules/fetched.lock"
}

cmp -s "$pinned/package-lock.json" "$fetched/node_modules/fetched.lock" || fetch
node "$pinned/numbers.js" "$fetched/node_modules" "$tree/data/phone_plans.csv" | "$tool"
