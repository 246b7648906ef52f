# SPDX-License-Identifier: Apache-2.0
"""Asks for new keys without end (TLS 1.3); the answers are never read."""
from lib.openssl import TLS_1_3, floods_of


def attack(target):
    return floods_of(target, TLS_1_3, "ask_keys")
