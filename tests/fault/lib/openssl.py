# SPDX-License-Identifier: Apache-2.0
"""A TLS client by libssl itself, for what Python's does not do: new keys, and records made by hand."""
import ctypes
import hmac
import socket
import struct
import time

TLS_1_2, TLS_1_3 = 0x0303, 0x0304
SET_MIN_VERSION, SET_MAX_VERSION = 123, 124  # SSL_CTRL_...
KEY_UPDATE_REQUESTED = 1
GET_TAG = 16  # EVP_CTRL_AEAD_GET_TAG
HANDSHAKE = 22  # a kind of record

libssl, libcrypto = ctypes.CDLL("libssl.so.3"), ctypes.CDLL("libcrypto.so.3")
for lib, name in ((libssl, "TLS_client_method"), (libssl, "SSL_CTX_new"), (libssl, "SSL_new"), (libssl, "SSL_get_session"),
                  (libcrypto, "EVP_CIPHER_CTX_new"), (libcrypto, "EVP_aes_128_gcm")):
    getattr(lib, name).restype = ctypes.c_void_p


class Gone(Exception):
    """The server has ended the connection."""


def call(name, pointer, *words, of=libssl):
    return getattr(of, name)(ctypes.c_void_p(pointer), *words)


def expand(secret, label, size):
    """The PRF of TLS 1.2 (RFC 5246, 5)."""
    out, a = b"", label
    while len(out) < size:
        a = hmac.digest(secret, a, "sha256")
        out += hmac.digest(secret, a + label, "sha256")
    return out[:size]


class TlsLine:
    """A TLS connection over ${line}, a connected socket, with one version of TLS and no other; HTTP/2 is agreed on."""

    def __init__(self, line, version):
        self.line = line
        line.settimeout(None)  # libssl uses the descriptor itself
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            line.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", 5, 0))
        self.context = call("SSL_CTX_new", libssl.TLS_client_method())
        for bound in (SET_MIN_VERSION, SET_MAX_VERSION):
            call("SSL_CTX_ctrl", self.context, bound, ctypes.c_long(version), None)
        call("SSL_CTX_set_cipher_list", self.context, b"ECDHE-RSA-AES128-GCM-SHA256")  # of TLS 1.2
        call("SSL_CTX_set_alpn_protos", self.context, b"\x02h2", 3)
        self.ssl = call("SSL_new", self.context)
        call("SSL_set_fd", self.ssl, line.fileno())
        self.done(call("SSL_connect", self.ssl))
        self.records = 1  # that were sent under the keys: Finished
        if version == TLS_1_2:
            self.take_keys()

    def take_keys(self):
        """Of what we send, for records made by hand (RFC 5246, 6.3)."""
        client, server, master = (ctypes.create_string_buffer(size) for size in (32, 32, 48))
        call("SSL_get_client_random", self.ssl, client, 32)
        call("SSL_get_server_random", self.ssl, server, 32)
        call("SSL_SESSION_get_master_key", call("SSL_get_session", self.ssl), master, ctypes.c_size_t(48))
        block = expand(master.raw, b"key expansion" + server.raw + client.raw, 40)
        self.key, self.salt = block[:16], block[32:36]

    def done(self, status):
        if status <= 0:
            raise Gone
        return status

    def ask_keys(self):
        """KeyUpdate, to be answered with another (TLS 1.3)."""
        self.done(call("SSL_key_update", self.ssl, KEY_UPDATE_REQUESTED))
        self.done(call("SSL_do_handshake", self.ssl))

    def seal(self, kind, data):
        """A record of TLS 1.2, AES-128-GCM (RFC 5288, 3)."""
        number = struct.pack(">Q", self.records)
        self.records += 1
        head, size = struct.pack(">BH", kind, TLS_1_2), ctypes.c_int()
        about = number + head + struct.pack(">H", len(data))
        cipher, out, tag = call("EVP_CIPHER_CTX_new", None, of=libcrypto), ctypes.create_string_buffer(len(data)), ctypes.create_string_buffer(16)
        words = (("EVP_EncryptInit_ex", ctypes.c_void_p(libcrypto.EVP_aes_128_gcm()), None, self.key, self.salt + number),
                 ("EVP_EncryptUpdate", None, ctypes.byref(size), about, len(about)),
                 ("EVP_EncryptUpdate", out, ctypes.byref(size), data, len(data)),
                 ("EVP_EncryptFinal_ex", None, ctypes.byref(size)),
                 ("EVP_CIPHER_CTX_ctrl", GET_TAG, 16, tag))
        for name, *rest in words:
            assert call(name, cipher, *rest, of=libcrypto) == 1, name
        call("EVP_CIPHER_CTX_free", cipher, of=libcrypto)
        return head + struct.pack(">H", len(data) + 24) + number + out.raw + tag.raw

    def ask_handshakes(self):
        """A hundred times a ClientHello on a connection that stands (TLS 1.2)."""
        hello = struct.pack(">H32sB4sH", TLS_1_2, bytes(32), 0, b"\0\2\xc0\x2f", 256)
        message = b"\1" + struct.pack(">I", len(hello))[1:] + hello
        try:
            self.line.sendall(b"".join(self.seal(HANDSHAKE, message) for _ in range(100)))
        except OSError as gone:
            raise Gone from gone

    def close(self):
        call("SSL_free", self.ssl)
        call("SSL_CTX_free", self.context)
        self.line.close()


def floods_of(target, version, verb):
    """Does ${verb} on connection after connection until each is shut. Returns words, about the first one."""
    lasted, tried = None, 0
    while target.is_on() or (lasted is None and target.is_soon()):
        try:
            line, asked = TlsLine(target.reach(target.service.tls_port), version), 0
        except (OSError, Gone):
            time.sleep(0.01)
            continue
        tried += 1
        try:
            while target.is_on() or (lasted is None and target.is_soon()):
                getattr(line, verb)()
                asked += 1
        except (OSError, Gone):
            lasted = lasted or asked
        line.close()
    assert lasted is not None, f"not shut after {asked} times"
    return f"shut after {lasted} times at most; {tried} connections tried"
