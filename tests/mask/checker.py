#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Finds whole IP addresses that are left in what the mask gave out, and shares nothing with the mask.

checker.py MASK LINES [CORPUS...]: masks the lines of LINES (log_lines.txt) by the command MASK, holds them to
what LINES says, and looks at what came out; then the same with each file of the directories CORPUS, inputs of
the fuzzers, of which the first two bytes are no text. Prints what it found; exit 1 when that is anything.
MASK may also be libakkoord-mask.so: faster, for many inputs, and without LINES.

What it knows is what the mask promises with its usual prefixes, 24 and 48 bits: of an IPv4 address the last
octet is 0, of IPv6 the last 80 bits are. It reads the text with its escapes undone, once and again, and
without colours; as JSON, with arrays of bytes as text; and as UTF-16.
"""

import ctypes
import ipaddress
import json
import os
import re
import subprocess
import sys

ESCAPES = re.compile(
    r"%([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|"
    r"\\([0-3][0-7]{2})|#([01][0-7]{2})|\\([\\\"'/abefnrtv])"
)
LETTERS = {"\\": "\\", '"': '"', "'": "'", "/": "/"}
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|\x1b\[[0-9;:]*m|\x1b\(.")
NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)+")
DASHED = re.compile(
    r"(?<![0-9])(?!(?<=\bec)2-)([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})-([0-9]{1,3})(?![0-9])([-\w]*\.[A-Za-z][-\w.]*)?"
)
HEXES = re.compile(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
HEAD = re.compile(r"[23][0-9a-f]{3}$|f[cd][0-9a-f]{2}$|fe[89ab][0-9a-f]$|ff[0-7][0-9a-f]$", re.I)
NIBBLES = re.compile(r"(?<![\w.])((?:[0-9a-f]\.){32})(?=[\w-]{2})", re.I)


def undo(match):
    percent, x, u, octal, hashed, letter = match.groups()
    if letter is not None:
        return LETTERS.get(letter, "\n")
    if octal or hashed:
        return chr(int(octal or hashed, 8))
    return chr(int(percent or x or u, 16))


def undone(text):
    for _ in range(4):
        text = ESCAPES.sub(undo, text)
    return text


def texts(data):
    """Each way to read the bytes."""
    text = undone(data.decode("latin-1"))
    yield text
    if text.count("\0") * 3 > len(text):
        for encoding in ("utf-16-le", "utf-16-be"):
            yield data.decode(encoding, "replace")
    for line in data.split(b"\n"):
        try:
            yield from map(undone, values(json.loads(line)))
        except ValueError:
            pass


def values(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from values(inner)
    elif isinstance(value, list):
        if value and all(type(item) is int and 0 <= item <= 255 for item in value):
            yield bytes(value).decode("latin-1")
        for inner in value:
            yield from values(inner)


def octets(parts):
    return len(parts) == 4 and all(len(part) <= 3 and int(part) <= 255 for part in parts)


def ipv4_left(text):
    for match in NUMBERS.finditer(text):
        parts, after = match[0].split("."), text[match.end() :]
        arpa = re.match(r"\.(in-addr|ip6)\.arpa", after, re.I)
        if arpa or NIBBLES.search(text[max(0, match.start() - 70) : match.end() + 9]):
            reverse = arpa is not None and arpa[1].lower() == "in-addr" and octets(parts[-4:])
            if reverse and int(parts[-4]) != 0:
                yield match[0] + arpa[0]
            continue
        before = text[: match.start()]
        if re.match(r"[0-9a-fA-F.]*\.ip6\.arpa", after, re.I) or re.search(r"[0-9a-fA-F]\.$", before):
            continue  # a label of a longer name
        year = len(parts) == 5 and re.match(r"(19|20)\d\d$", parts[0])
        first, second = octets(parts[:4]), octets(parts[1:])
        if len(parts) in (4, 5) and first and int(parts[3]) != 0:
            yield match[0]
        elif len(parts) == 5 and second and not first and not year and int(parts[4]) != 0:
            yield match[0]
    for match in DASHED.finditer(text):
        before = text[: match.start()]
        host = match[5] and octets(match.groups()[:4]) and not re.search(r"[0-9]-$", before)
        if host and int(match[4]) != 0:
            yield match[0]


def is_masked(address):
    if address.ipv4_mapped is not None:
        return int(address.ipv4_mapped) & 0xFF == 0
    number = int(address)
    if number >> 112 == 0x2002 and number >> 80 & 0xFF != 0:
        return False
    return number & ((1 << 80) - 1) == 0


def parse(text):
    try:
        return ipaddress.IPv6Address(text)
    except ValueError:
        return None


def ipv6_left(text):
    for match in HEXES.finditer(text):
        run = match[0].strip(".")
        if not re.search(r"\d+\.\d+\.\d+$", run):
            run = re.sub(r"\.\d{1,5}$", "", run)  # a port
        groups = run.split(":")
        pairs_of = [group for group in groups if 0 < len(group) <= 4]
        if len(pairs_of) >= 6 and all(len(group) == 2 for group in pairs_of) and "::" not in run:
            continue  # hardware, or a fingerprint
        touched = re.search(r"\w$", text[: match.start()]) or re.match(r"\w", text[match.end() :])
        masked_behind_key = any(
            HEAD.match(groups[i]) and (rest := parse(":".join(groups[i:]))) and is_masked(rest)
            for i in range(1, len(groups))
        )
        whole = None if touched else parse(run)
        if whole is not None and not is_masked(whole) and not masked_behind_key:
            yield run
        for i in range(len(groups)):
            if "" not in groups[i : i + 8] and i + 8 <= len(groups):
                eight = parse(":".join(groups[i : i + 8]))
                if eight is not None and not is_masked(eight) and not touched:
                    yield run
            if HEAD.match(groups[i]) and not (i == 0 and touched):
                for end in range(len(groups), i + 2, -1):
                    part = parse(":".join(groups[i:end]))
                    word_follows = bool(re.match(r"\w", text[match.end() :]))
                    if part is not None and end == len(groups) - word_follows:
                        if not is_masked(part):
                            yield run
                        break


def nibbles_left(text):
    for match in NIBBLES.finditer(text):
        if set(match[1][: 2 * 20 : 2]) != {"0"}:
            yield match[0]


def left(data):
    """The whole addresses in ${data}."""
    found = []
    for text in texts(data):
        text = COLOUR.sub(" ", text)
        text = re.sub(r"\.\.+", " ", text)
        found += ipv4_left(text)
        found += ipv6_left(text)
        found += nibbles_left(text)
    return found


class Library:
    """The shared library in the place of the command."""

    def __init__(self, path):
        class Prefixes(ctypes.Structure):
            _fields_ = [("ipv4", ctypes.c_uint8), ("ipv6", ctypes.c_uint8)]

        self.prefixes = Prefixes(24, 48)
        self.call = ctypes.CDLL(path).mask_text
        self.call.argtypes = [ctypes.c_char_p, ctypes.c_size_t, Prefixes, ctypes.c_char_p]
        self.call.restype = ctypes.c_size_t

    def mask(self, data):
        out = ctypes.create_string_buffer(2 * len(data) + 64)
        count = self.call(data, len(data), self.prefixes, out)
        return out.raw[:count]


class Command:
    def __init__(self, path):
        self.path = path

    def mask(self, data, *options):
        return subprocess.run([self.path, *options], input=data, stdout=subprocess.PIPE, check=False).stdout


def pairs(path):
    """(what goes in, what comes out, whether it is NDJSON) of each line."""
    before = b""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            sign, text = line[:2], line[2:].rstrip("\n").replace("␛", "\x1b").encode()
            if sign in ("< ", "{ "):
                before = text
            elif sign in ("> ", "} "):
                yield before, text, sign == "} "
            elif sign == "= ":
                yield text, text, False


def check_lines(command, path):
    faults = count = 0
    table = list(pairs(path))
    for ndjson in (False, True):
        part = [(before, after) for before, after, json_line in table if json_line == ndjson]
        options = ["--format", "ndjson"] if ndjson else []
        got = command.mask(b"".join(before + b"\n" for before, _ in part), *options).split(b"\n")[:-1]
        if len(got) != len(part):
            print(f"{len(part)} lines went in, {len(got)} came out")
            faults += 1
        for (before, after), line in zip(part, got):
            count += 1
            if line != after:
                print(f"in   {before!r}\ngot  {line!r}\nwant {after!r}")
                faults += 1
            if left(line):
                print(f"left {left(line)} in {line!r}")
                faults += 1
            if before != after and not left(before):  # then it would find nothing anywhere
                print(f"not seen by this checker: {before!r}")
                faults += 1
    print(f"{count} lines")
    return faults


def check_corpus(mask, path):
    faults = count = 0
    for name in sorted(os.listdir(path)):
        with open(os.path.join(path, name), "rb") as file:
            data = file.read()[2:].replace(b"\0", b" ")  # with them it may be UTF-16, which is refused
        count += 1
        masked = mask.mask(data)
        if left(masked):
            print(f"{path}/{name}: left {left(masked)} of {data!r}: {masked!r}")
            faults += 1
    print(f"{count} inputs of {path}")
    return faults


def main(mask, lines, *corpora):
    tool = Library(mask) if mask.endswith(".so") else Command(mask)
    faults = check_lines(tool, lines) if isinstance(tool, Command) else 0
    faults += sum(check_corpus(tool, corpus) for corpus in corpora)
    print(f"{faults} faults")
    return faults > 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
