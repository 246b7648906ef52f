#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The stream filter as a user meets it: stream.sh MASK, where MASK is `akkoord
# mask` or the tool of this folder.
set -u
mask=$1
dir=$(mktemp -d)
background=
# shellcheck disable=SC2317 # called by the trap
finish() {
    # shellcheck disable=SC2086 # several of them
    [ -n "$background" ] && kill $background 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT
failures=0

check() { # check RULE GOT WANT
    if [ "$2" != "$3" ]; then
        printf 'FAIL %s\n  got  %q\n  want %q\n' "$1" "$2" "$3"
        failures=$((failures + 1))
    fi
}

check "standard input is masked" "$(echo 'a 192.0.2.33 2001:db8::1' | "$mask")" "a 192.0.2.0 2001:db8::"
check "a preset sets both prefixes" "$(echo '192.0.2.33 2001:db8:1::1' | "$mask" --preset strict)" \
    "192.0.0.0 2001:db8::"
check "prefixes can be set" "$(echo '192.0.2.33 2001:db8::1' | "$mask" --ipv4-prefix 8 --ipv6-prefix 16)" \
    "192.0.0.0 2001::"

printf '192.0.2.33' >"$dir/a"
printf '192.0.2.34\n' >"$dir/b"
check "files are masked one after the other" "$("$mask" "$dir/a" "$dir/b" - <<<'::1')" \
    $'192.0.2.0192.0.2.0\n::'

"$mask" --ipv4-prefix 33 </dev/null 2>"$dir/err"
check "a prefix out of range is wrong usage" "$?" 2
check "and says how to use it" "$(grep -c '^usage:' "$dir/err")" 1
check "who asks how it is used is told" "$("$mask" --help </dev/null | grep -c '^usage:')" 1
"$mask" --ipv4-prefix -1 </dev/null 2>/dev/null
check "a negative prefix is wrong usage" "$?" 2
"$mask" --format xml </dev/null 2>/dev/null
check "an unknown format is wrong usage" "$?" 2
"$mask" "$dir/none" 2>"$dir/err"
check "a missing file is exit 1" "$?" 1
check "and is named" "$(grep -c "cannot open $dir/none: No such file" "$dir/err")" 1

printf '{"a":"192.0.2.33"}\r\n\n{"b":192.0.2.33}\n{"c":"\\u0031\\u0039\\u0032.0.2.33","n":1.50}' >"$dir/lines"
"$mask" --format ndjson "$dir/lines" >"$dir/out" 2>"$dir/err"
check "a bad line of NDJSON is exit 3" "$?" 3
check "the good lines are masked" "$(tr '\r' R <"$dir/out")" $'{"a":"192.0.2.0"}R\n{"c":"192.0.2.0","n":1.50}'
check "the bad one is named by its number" "$(cat "$dir/err")" \
    "akkoord mask: $dir/lines: line 3 left out: not well-formed JSON
akkoord mask: $dir/lines: 1 left out in all"
cat >"$dir/bad" <<'LINES'
{"a":"\ud800 192.0.2.33"}
{"a":"\u0000\u0031\u0039\u0032.0.2.33","b":[50,48,51,46,48,46,49,49,51,46,50,54],"c":[1,2]}
{"a":"192.0.2.33"}
LINES
"$mask" --format ndjson --bad-lines mask "$dir/bad" >"$dir/out" 2>"$dir/err"
check "bad lines can be masked as text" "$?:$(cat "$dir/out")" '0:{"a":"\ud800 192.0.2.0"}
{"a":"\u0000\u0031\u0039\u0032.0.2.0","b":[50,48,51,46,48,46,49,49,51,46,48],"c":[1,2]}
{"a":"192.0.2.0"}'
check "and how many is told" "$(cat "$dir/err")" \
    "akkoord mask: $dir/bad: 2 masked as text, being no JSON that can be masked"
"$mask" --format ndjson --bad-lines drop "$dir/bad" >"$dir/out" 2>"$dir/err"
check "or left out, as without a word" "$?:$(cat "$dir/out")" '3:{"a":"192.0.2.0"}'
check "how many too" "$(tail -n 1 "$dir/err")" "akkoord mask: $dir/bad: 2 left out in all"
"$mask" --bad-lines mask "$dir/bad" >/dev/null 2>"$dir/err"
check "text has no bad lines" "$?" 2

for encoding in UTF-16 UTF-16LE UTF-16BE UTF-32LE UTF-32BE; do
    printf 'Login failed [CLIENT: 203.0.113.26]\r\n' | iconv -f UTF-8 -t "$encoding" >"$dir/wide"
    "$mask" "$dir/wide" >"$dir/out" 2>"$dir/err"
    check "$encoding is refused" "$?:$(wc -c <"$dir/out")" "1:0"
    check "and said how to read it" "$(grep -c "$dir/wide is UTF-16 or UTF-32, .*iconv -f" "$dir/err")" 1
    "$mask" --format ndjson --bad-lines mask "$dir/wide" >"$dir/out" 2>/dev/null
    check "as NDJSON too" "$?:$(wc -c <"$dir/out")" "1:0"
    { yes 'a line' | head -c 100000 && cat "$dir/wide"; } >"$dir/appended"
    "$mask" --line-buffered <"$dir/appended" 2>/dev/null | grep -c '2.*0.*3' >"$dir/out"
    check "$encoding behind other text is not passed on" "$(cat "$dir/out")" 0
done
{ head -c 8 /dev/zero && echo 192.0.2.33; } | "$mask" | tr '\0' 0 >"$dir/out"
check "a hole before a line is no other encoding" "$(cat "$dir/out")" "00000000192.0.2.0"
{
    printf '{"a":"'
    head -c 3000000 /dev/zero | tr '\0' x
    printf '"}\n{"b":"192.0.2.33"}\n'
} >"$dir/long"
"$mask" --format ndjson <"$dir/long" >"$dir/out" 2>"$dir/err"
check "a line that is too long is left out alone" "$?:$(cat "$dir/out")" '3:{"b":"192.0.2.0"}'
check "and named" "$(grep -c 'line 1 left out: longer' "$dir/err")" 1

"$mask" <"$dir/b" >/dev/full 2>"$dir/err"
check "a full disk is exit 1" "$?" 1
check "and says so" "$(cat "$dir/err")" "akkoord mask: cannot write: No space left on device"

yes '192.0.2.33 - - "GET /"' 2>/dev/null | head -c 20000000 >"$dir/log"
(
    "$mask" "$dir/log" 2>"$dir/err"
    echo "$?" >"$dir/status"
) | head -n 1 >"$dir/out"
check "a closed pipe ends it" "$(cat "$dir/status")" 0
check "quietly" "$(cat "$dir/err")" ""

# tail -F of a log that grows: each line is there at once.
mkfifo "$dir/fifo"
: >"$dir/access.log"
: >"$dir/live"
tail -n +1 -F "$dir/access.log" >"$dir/fifo" 2>/dev/null &
background=$!
"$mask" --line-buffered <"$dir/fifo" >"$dir/live" &
background="$background $!"
for i in 1 2 3; do
    echo "192.0.2.3$i" >>"$dir/access.log"
    for _ in $(seq 50); do
        [ "$(wc -l <"$dir/live")" -ge "$i" ] && break
        sleep 0.1
    done
    check "line $i of a growing log is shown" "$(wc -l <"$dir/live")" "$i"
done
check "masked" "$(sort -u "$dir/live")" "192.0.2.0"

# Memory is flat: the peak of a large input (a line of 10 MB in it) against that of a small one.
if [ -x /usr/bin/time ]; then
    tr -d '\n' <"$dir/log" | head -c 10000000 >"$dir/line"
    cat "$dir/line" >>"$dir/log"
    /usr/bin/time -f %M -o "$dir/small" "$mask" "$dir/b" >/dev/null
    /usr/bin/time -f %M -o "$dir/large" "$mask" "$dir/log" >/dev/null
    grown=$(($(cat "$dir/large") - $(cat "$dir/small")))
    [ "$grown" -lt 4096 ]
    check "memory is flat (grew by $grown KB)" "$?" 0
fi

[ "$failures" -eq 0 ] && echo "all rules hold"
exit $((failures > 0))
