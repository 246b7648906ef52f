#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at exports with other people's programs.

  export_files.py archive FILE                 the ZIP archive: its files as lists of rows, as JSON
  export_files.py receipt FILE JWKS            verifies with PyJWT, holds it to the mandatory members of ISO/IEC TS
                                               27560 and to the W3C guide's cardinalities; prints what it says
"""
import csv
import io
import json
import pathlib
import sys
import zipfile

import jwt
import rdflib
from jsonschema import Draft202012Validator

SCHEMA = pathlib.Path(__file__).resolve().with_name("receipt.schema.json")
DPV = rdflib.Namespace("https://w3id.org/dpv#")
DCT = rdflib.Namespace("http://purl.org/dc/terms/")

# Guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023", the tables of sections 8 and 9: what there is once,
# or at least once. (The guide has no shapes of its own; schema/dpv-27560 names its profiles only.)
ONCE_OR_MORE = {
    "record": [DCT.conformsTo, DCT.identifier, DPV.hasDataSubject, DPV.hasProcess, DPV.hasConsentStatus],
    "process": [DPV.hasNotice, DCT.language, DPV.hasPurpose, DPV.hasPersonalData, DPV.hasStorageCondition, DPV.hasDuration,
                DPV.hasDataController, DPV.hasRecipient, DPV.hasConsentControl, DPV.hasJurisdiction, DPV.hasRight],
    "event": [rdflib.RDF.type, DPV.isIndicatedAtTime, DPV.hasDuration, DPV.isIndicatedBy, DPV.hasLegalBasis],
}
ONCE = {"record": [DCT.conformsTo, DCT.identifier, DPV.hasDataSubject], "process": [], "event": [DPV.isIndicatedAtTime]}


def archive(path):
    with zipfile.ZipFile(path) as z:
        assert z.testzip() is None
        files = {}
        for name in z.namelist():
            text = z.read(name).decode("utf-8")
            files[name] = list(csv.DictReader(io.StringIO(text, newline="")))
    json.dump(files, sys.stdout)


def held_to(graph, node, kind):
    for predicate in ONCE_OR_MORE[kind]:
        count = len(list(graph.objects(node, predicate)))
        assert count >= 1, f"{kind} has no {predicate}"
        assert count == 1 or predicate not in ONCE[kind], f"{kind} has {count} times {predicate}"


def guide(payload):
    graph = rdflib.Graph()
    graph.parse(data=json.dumps(payload), format="json-ld")
    receipts = list(graph.subjects(rdflib.RDF.type, DPV.ConsentReceipt))
    assert len(receipts) == 1, receipts
    records = list(graph.subjects(rdflib.RDF.type, DPV.ConsentRecord))
    assert len(records) == len(payload["records"])
    for record in records:
        held_to(graph, record, "record")
        for process in graph.objects(record, DPV.hasProcess):
            held_to(graph, process, "process")
        for event in graph.objects(record, DPV.hasConsentStatus):
            held_to(graph, event, "event")


def receipt(path, jwks):
    text = pathlib.Path(path).read_text(encoding="ascii").strip()
    header = jwt.get_unverified_header(text)
    assert header["typ"] == "akkoord-receipt+jws" and header["alg"] == "ES256", header
    keys = {k["kid"]: jwt.PyJWK(k).key for k in json.loads(pathlib.Path(jwks).read_text())["keys"]}
    payload = jwt.decode(text, keys[header["kid"]], algorithms=["ES256"], options={"require": ["iss", "iat", "jti"]})
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(payload)
    if sum(len(record["events"]) for record in payload["records"]) < 100:  # it is slow
        guide(payload)
    json.dump(payload, sys.stdout)


{"archive": archive, "receipt": receipt}[sys.argv[1]](*sys.argv[2:])
