"""Sign Signet links with the standard library alone."""

import base64
import hmac
import json


def sign(key: str, template: str, version: int | str, payload: dict, extension: str = "png") -> str:
    """Return the signed path of a link; `key` is a signing key, kid:subkey."""
    kid, subkey = key.split(":")
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    kind = "o" if "o" in payload else "i"
    signed = f"/{kind}/{template}/{version}/{kid}.j{_base64url(body)}"
    secret = base64.urlsafe_b64decode(subkey + "=")
    mac = hmac.digest(secret, f"signet.v1\n{signed}.{extension}".encode(), "sha256")
    return f"{signed}.{_base64url(mac[:16])}.{extension}"


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
