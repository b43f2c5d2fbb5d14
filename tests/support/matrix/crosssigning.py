"""Cross-signing, which the client library leaves out: making keys, signing and checking devices.

A user's master key signs the self-signing key, which signs the user's devices.
"""

from canonicaljson import encode_canonical_json
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey
from unpaddedbase64 import decode_base64, encode_base64


def signed_part(thing: dict) -> bytes:
    """Returns the bytes of a JSON object that its signatures are for."""
    return encode_canonical_json(
        {key: value for key, value in thing.items() if key not in ("signatures", "unsigned")}
    )


def public(key: SigningKey) -> str:
    """Returns a key's public half as it is written in Matrix."""
    return encode_base64(key.verify_key.encode())


def sign(thing: dict, user: str, key: SigningKey) -> dict:
    """Returns a JSON object with one more signature."""
    signature = encode_base64(key.sign(signed_part(thing)).signature)
    signatures = {**thing.get("signatures", {})}
    signatures[user] = {**signatures.get(user, {}), f"ed25519:{public(key)}": signature}
    return {**thing, "signatures": signatures}


def is_signed_by(thing: dict, user: str, key: str) -> bool:
    """Whether a JSON object has a good signature of a user's key, given as unpadded base64."""
    signature = thing.get("signatures", {}).get(user, {}).get(f"ed25519:{key}")
    if not isinstance(signature, str):
        return False
    try:
        VerifyKey(decode_base64(key)).verify(signed_part(thing), decode_base64(signature))
    except (CryptoError, ValueError, TypeError):
        return False
    return True


class Identity:
    """A user's three cross-signing keys."""

    def __init__(self, user: str) -> None:
        """Makes new keys."""
        self.user = user
        self.master = SigningKey.generate()
        self.self_signing = SigningKey.generate()
        self.user_signing = SigningKey.generate()

    def upload(self) -> dict:
        """Returns the body of the request that publishes the keys."""
        return {
            "master_key": self._public("master", self.master),
            "self_signing_key": sign(
                self._public("self_signing", self.self_signing), self.user, self.master
            ),
            "user_signing_key": sign(
                self._public("user_signing", self.user_signing), self.user, self.master
            ),
        }

    def sign_device(self, device: dict) -> dict:
        """Returns the body of the request that publishes a device's signature."""
        bare = {key: value for key, value in device.items() if key != "unsigned"}
        return {self.user: {device["device_id"]: sign(bare, self.user, self.self_signing)}}

    def _public(self, usage: str, key: SigningKey) -> dict:
        return {
            "user_id": self.user,
            "usage": [usage],
            "keys": {f"ed25519:{public(key)}": public(key)},
        }


def key_of(thing: dict) -> str | None:
    """Returns the one public key of a published cross-signing key."""
    return next(iter(thing.get("keys", {}).values()), None)


def device_is_signed(answer: dict, user: str, device_id: str) -> bool:
    """Whether a device is signed by its user, by the homeserver's answer to /keys/query."""
    master = key_of(answer.get("master_keys", {}).get(user, {}))
    self_signing = answer.get("self_signing_keys", {}).get(user, {})
    signer = key_of(self_signing)
    device = answer.get("device_keys", {}).get(user, {}).get(device_id)
    if not (master and signer and device):
        return False
    return is_signed_by(self_signing, user, master) and is_signed_by(device, user, signer)
