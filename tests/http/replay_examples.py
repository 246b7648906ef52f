#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Replays the examples of openapi/akkoord.yaml, in the order of the file, against a running service.

Every example of a request body that has an `x-replay` is sent; so is every entry of an operation's own `x-replay` list
(requests that have no body, or none that fits the schema). Members of `x-replay`:

  name      in the list only
  status    what must be answered
  expect    what the body must hold: of an object the members named, of a list every element, of text the whole;
            newline-delimited JSON is a list of its lines, or text
  headers   header fields of the answer that must have this value
  keep      {name: {member: M}} or {name: {header: H}}: remembered, and put in wherever a later request or
            expectation is the string `$name`
  request   method, path {parameter: value}, query, headers (null takes one away), body (JSON) or text

Besides, the status must be a documented one, the content type too, required header fields must be there and fit, and
the body must fit its schema.
"""
import argparse
import copy
import http.client
import json
import pathlib
import re
import ssl
import sys
import urllib.parse
import uuid

import yaml
from jsonschema import Draft202012Validator, FormatChecker

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "openapi" / "akkoord.yaml"
METHODS = ("get", "put", "post", "delete", "patch")
TIMEOUT = 40  # seconds: above the longest long poll
FORMATS = FormatChecker(formats=())


class Mismatch(Exception):
    """What was answered is not what the contract says."""


@FORMATS.checks("date-time")
def is_utc_time(value):
    text = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}(\d{3})?)?Z"
    return not isinstance(value, str) or re.fullmatch(text, value) is not None


@FORMATS.checks("uuid", raises=ValueError)
def is_uuid7(value):
    return not isinstance(value, str) or uuid.UUID(value).version == 7


@FORMATS.checks("json-pointer")
def is_pointer(value):
    return not isinstance(value, str) or re.fullmatch(r"(/([^~/]|~[01])*)*", value) is not None


def without_duplicates(pairs):
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("an object has duplicate members")
    return members


def parse(text):
    return json.loads(text, object_pairs_hook=without_duplicates)


class Contract:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = yaml.safe_load(file)

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def check(self, value, schema, what):
        # The components stand beside the schema, so that "#/components/..." finds them.
        whole = {"components": self.document["components"], "allOf": [schema]}
        faults = Draft202012Validator(whole, format_checker=FORMATS).iter_errors(value)
        for fault in sorted(faults, key=lambda f: len(f.path), reverse=True):
            where = "".join(f"/{part}" for part in fault.absolute_path)
            raise Mismatch(f"{what}{where} does not fit its schema: {fault.message[:300]}")

    def examples(self):
        """Yields (path, operation, own server or not, media type, name, value, x-replay)."""
        for path, item in self.document["paths"].items():
            for method in (m for m in item if m in METHODS):
                operation = {**item[method], "method": method.upper()}
                content = self.resolve(operation.get("requestBody", {})).get("content", {})
                for media, body in content.items():
                    for name, example in body.get("examples", {}).items():
                        example = self.resolve(example)
                        if "x-replay" in example:
                            yield path, operation, "servers" in item, media, name, example["value"], example["x-replay"]
                media = next(iter(content), None)
                for replay in operation.get("x-replay", ()):
                    yield path, operation, "servers" in item, media, replay["name"], None, replay


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.media = response.headers.get_content_type() if "Content-Type" in response.headers else None
        self.bytes = response.read()

    def value(self):
        text = self.bytes.decode("utf-8")
        try:
            if self.media == "application/x-ndjson":
                return [parse(line) for line in text.splitlines()]
            if self.media is not None and self.media.endswith("json"):
                return parse(text)
        except ValueError as error:
            raise Mismatch(f"the body is not {self.media}: {error}") from None
        return text


def filled(node, kept):
    """Puts what was kept in place of the strings `$name`."""
    if isinstance(node, dict):
        return {key: filled(value, kept) for key, value in node.items()}
    if isinstance(node, list):
        return [filled(value, kept) for value in node]
    if isinstance(node, str) and node.startswith("$"):
        if node[1:] not in kept:
            raise Mismatch(f"{node} was not kept: the example that keeps it failed")
        return kept[node[1:]]
    return node


def send(base, token, path, operation, media, value, request):
    for name, part in request.get("path", {}).items():
        path = path.replace("{" + name + "}", urllib.parse.quote(str(part), safe=""))
    if "query" in request:
        path += "?" + urllib.parse.urlencode(request["query"])
    body = request.get("text", request.get("body", value))
    if body is not None and (not isinstance(body, str) or (media == "application/json" and "text" not in request)):
        body = json.dumps(body, ensure_ascii=False)
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = media
    headers.update(request.get("headers", {}))
    headers = {name: text for name, text in headers.items() if text is not None}

    url = urllib.parse.urlsplit(base)
    if url.scheme == "https":
        connection = http.client.HTTPSConnection(url.netloc, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT)
    try:
        method = request.get("method", operation["method"])
        connection.request(method, url.path.rstrip("/") + path, None if body is None else body.encode(), headers)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def compare(actual, expected, where="the body"):
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key not in actual:
                raise Mismatch(f"{where} has no member {key}")
            compare(actual[key], value, f"{where}/{key}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(actual) != len(expected):
            raise Mismatch(f"{where} has {len(actual)} elements, expected {len(expected)}")
        for index, value in enumerate(expected):
            compare(actual[index], value, f"{where}/{index}")
    elif type(actual) is not type(expected) or actual != expected:
        raise Mismatch(f"{where} is {json.dumps(actual)[:200]}, expected {json.dumps(expected)[:200]}")


def check_headers(contract, answer, response, expected):
    for name, header in response.get("headers", {}).items():
        header, text = contract.resolve(header), answer.headers.get(name)
        if text is not None:
            number = header["schema"].get("type") == "integer" and text.isdecimal()
            contract.check(int(text) if number else text, header["schema"], f"the header {name}")
        elif header.get("required"):
            raise Mismatch(f"the header {name} is missing")
    for name, text in expected.items():
        if answer.headers.get(name) != text:
            raise Mismatch(f"the header {name} is {answer.headers.get(name)!r}, expected {text!r}")


def check_body(contract, answer, response, expected):
    content = response.get("content")
    if content is None:
        if answer.bytes:
            raise Mismatch("there is a body, expected none")
        return
    if answer.media not in content:
        raise Mismatch(f"the content type is {answer.media}, expected {' or '.join(content)}")
    value, schema = answer.value(), content[answer.media].get("schema", {})
    contract.check(value, schema.get("contentSchema", {} if answer.media == "application/x-ndjson" else schema), "the body")
    if isinstance(expected, str):
        value = answer.bytes.decode("utf-8")
    if expected is not None:
        compare(value, expected)


def replay(contract, base, token, example, kept):
    path, operation, _, media, _, value, rules = example
    rules, value = filled(copy.deepcopy(rules), kept), filled(value, kept)
    answer = send(base, token, path, operation, media, value, rules.get("request", {}))
    if answer.status != rules["status"]:
        raise Mismatch(f"the status is {answer.status}, expected {rules['status']}: {answer.bytes[:400].decode(errors='replace')}")
    if str(answer.status) not in operation["responses"]:
        raise Mismatch(f"the contract does not list the status {answer.status} here")
    response = contract.resolve(operation["responses"][str(answer.status)])
    check_headers(contract, answer, response, rules.get("headers", {}))
    check_body(contract, answer, response, rules.get("expect"))
    for name, source in rules.get("keep", {}).items():
        kept[name] = answer.headers[source["header"]] if "header" in source else answer.value()[source["member"]]
        if kept[name] is None:
            raise Mismatch(f"there is nothing to keep as {name}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("base_url")
    arguments.add_argument("token", help="a bearer token with every scope for the controller demo, or @FILE")
    arguments.add_argument("--metrics", metavar="URL", help="base URL of the metrics listener; without it, it is left out")
    arguments.add_argument("--document", default=DOCUMENT, help="default: %(default)s")
    given = arguments.parse_args()
    token = pathlib.Path(given.token[1:]).read_text().strip() if given.token.startswith("@") else given.token

    contract, kept, passed, failed = Contract(given.document), {}, 0, 0
    for example in contract.examples():
        path, operation, own_server, _, name, _, rules = example
        title = f"{operation['method']} {path} {name}"
        base = given.metrics if own_server else given.base_url
        if base is None:
            print(f"skip  {title}")
            continue
        try:
            replay(contract, base, token, example, kept)
        except (Mismatch, OSError, http.client.HTTPException, UnicodeDecodeError) as error:
            failed += 1
            print(f"FAIL  {title}: {error}")
        else:
            passed += 1
            print(f"ok    {title} -> {rules['status']}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
