"""A device that makes and shows passkeys as WebAuthn says, with every part a test may want to be wrong."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode

ORIGIN = "http://localhost"
_PRESENT, _VERIFIED, _WITH_KEY = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One key on one device; ``verifies`` says whether it asks its owner for finger, face or PIN."""

    origin: str = ORIGIN
    domain: str = "localhost"
    verifies: bool = True
    owner: str = ""
    id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def make(self, question: str) -> str:
        """Answer the question for a new key, as the page's script would send it."""
        asked = json.loads(question)["publicKey"]
        self.owner = asked["user"]["id"]
        public = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + public
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": self._data(_WITH_KEY) + attested})
        return self._answer({"attestationObject": made}, self._client("webauthn.create", asked))

    def show(self, question: str) -> str:
        """Answer the question for a known key."""
        asked = json.loads(question)["publicKey"]
        client, data = self._client("webauthn.get", asked), self._data(0)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        answer = self._answer({"authenticatorData": data, "signature": signed}, client)
        return json.dumps(_with(json.loads(answer), userHandle=self.owner))

    def _data(self, flags: int) -> bytes:
        flags |= _PRESENT | (_VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, asked: dict[str, Any]) -> bytes:
        return json.dumps({"type": kind, "challenge": asked["challenge"], "origin": self.origin}).encode()

    def _answer(self, response: dict[str, bytes], client: bytes) -> str:
        given = {**response, "clientDataJSON": client}
        return json.dumps(
            {
                "id": websafe_encode(self.id),
                "rawId": websafe_encode(self.id),
                "type": "public-key",
                "response": {name: websafe_encode(value) for name, value in given.items()},
                "clientExtensionResults": {},
            }
        )


def _with(answer: dict[str, Any], **more: str) -> dict[str, Any]:
    return {**answer, "response": {**answer["response"], **more}}
