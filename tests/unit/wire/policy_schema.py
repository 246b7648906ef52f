#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published JSON Schema of the policy document says what the service's own reader says.

Every example fits it; every document of broken_policies.json is refused by it, but for those marked `beyond_schema`, whose faults
only show by comparing one place of the document with another; and every member it has is described."""
import json
import pathlib
import re
import sys

from jsonschema import Draft202012Validator

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def undescribed(schema, node, where):
    """Yields the members that nothing describes, neither beside them nor where they refer to."""
    if isinstance(node, list):
        for index, element in enumerate(node):
            yield from undescribed(schema, element, f"{where}/{index}")
    if not isinstance(node, dict):
        return
    for name, member in node.get("properties", {}).items():
        if "type" in node and isinstance(member, dict):
            described = "description" in member or "description" in schema["$defs"].get(
                member.get("$ref", "").removeprefix("#/$defs/"), {})
            if not described:
                yield f"{where}/{name}"
    for name, member in node.items():
        yield from undescribed(schema, member, f"{where}/{name}")


def faults():
    schema = load(ROOT / "openapi" / "policy.schema.json")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for path in sorted((ROOT / "examples").glob("*.json")) + [ROOT / "examples/site/policy.json"]:
        for fault in validator.iter_errors(load(path)):
            yield f"{path.name}: {fault.json_path}: {fault.message[:200]}"
    rows = load(HERE / "broken_policies.json")
    for row in rows:
        if validator.is_valid(row["document"]) != row.get("beyond_schema", False):
            does = "does not catch" if "beyond_schema" not in row else "does catch"
            yield f"the schema {does}: {row['faults'][0]}"
    for where in undescribed(schema, schema, ""):
        yield f"the schema does not describe {where}"
    texts = re.findall(r'X\(TEXT_\w+,\s*"(\w+)"', (ROOT / "service/wire/page_texts.h").read_text(encoding="utf-8"))
    if schema["$defs"]["pages"]["properties"]["texts"]["additionalProperties"]["propertyNames"]["enum"] != texts:
        yield "the schema has other names of pages' texts than service/wire/page_texts.h"
    if len(rows) < 100:
        yield "broken_policies.json has lost its rows"


found = list(faults())
print("\n".join(found))
sys.exit(1 if found else 0)
