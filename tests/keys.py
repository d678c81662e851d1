"""A security key made of software, for tests: it answers questions as a real one does, and lies where it is told to."""

import base64
import hashlib
import json

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN, HOST = "http://localhost", "localhost"


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))


class Key:
    def __init__(self, name=b"key one", verifies=True):
        self.id = hashlib.sha256(name).digest()
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.counter, self.verifies = 0, verifies

    def made(self, options: str, **lies) -> str:
        """What the browser hands back when it is added."""
        numbers = self.private.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = b"\x00" * 16 + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        data = self._data(0x40, **lies) + attested
        return self._written(
            clientDataJSON=text(self._said("webauthn.create", options, **lies)),
            attestationObject=text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            transports=["usb", "nfc", "no such thing", 3],
        )

    def answer(self, options: str, *, signed_by=None, **lies) -> str:
        """What it hands back when it is used."""
        self.counter += 1
        data, said = self._data(0, **lies), self._said("webauthn.get", options, **lies)
        signature = (signed_by or self.private).sign(
            data + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._written(
            clientDataJSON=text(said), authenticatorData=text(data), signature=text(signature)
        )

    def _said(self, kind, options, *, origin=ORIGIN, question=None, kind_said=None, **_others):
        question = question or json.loads(options)["challenge"]
        return json.dumps({"type": kind_said or kind, "challenge": question, "origin": origin}).encode()

    def _data(self, more, *, host=HOST, flags=None, counter=None, **_others):
        flags = (0x05 if self.verifies else 0x01) if flags is None else flags
        counter = self.counter if counter is None else counter
        return hashlib.sha256(host.encode()).digest() + bytes([flags | more]) + counter.to_bytes(4, "big")

    def _written(self, **response):
        return json.dumps(
            {"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response}
        )
