"""Is this request from Slack, and can it be read?

Checked before Bolt sees it: Bolt answers 500 to a timestamp that is no number, a signature that is not ASCII and a body
that is not UTF-8 or JSON, and logs the whole body of one that is wrongly signed. Nothing here is logged but the reason.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from slack_sdk.signature import SignatureVerifier


@dataclass(frozen=True)
class Rejected:
    """Why a request is not taken; `sentence` holds nothing of it."""

    status: int
    reason: str
    sentence: str


@dataclass(frozen=True)
class Checked:
    """A request that Slack signed. `challenge` is set when Slack only tests the address, and is to be sent back."""

    challenge: str | None = None


def check_request(body: bytes, headers: Mapping[str, str], verifier: SignatureVerifier) -> Checked | Rejected:
    """Checks the signature over the raw bytes, then that the body can be read. `headers`: names in lower case.

    Signatures older than five minutes are refused.
    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    timestamp = headers.get("x-slack-request-timestamp", "")
    signature = headers.get("x-slack-signature", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return Rejected(400, "bad_timestamp", "The header X-Slack-Request-Timestamp is not a number.")
    if not signature.isascii():
        return Rejected(401, "bad_signature", "The signature is not Slack's.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return Rejected(400, "not_utf8", "The body is not UTF-8.")
    if not verifier.is_valid(text, timestamp, signature):
        return Rejected(401, "bad_signature", "The signature is not Slack's, or older than five minutes.")
    payload = _payload(text, headers.get("content-type", ""))
    if payload is None:
        return Rejected(400, "not_json", "The body is not a JSON object, nor a form with one.")
    is_test = payload.get("type") == "url_verification"
    return Checked(str(payload.get("challenge", "")) if is_test else None)


def _payload(text: str, content_type: str) -> dict[str, Any] | None:
    """The payload as Bolt will read it: JSON, or a form that has it in `payload` or in its own fields."""
    if content_type.partition(";")[0].strip() == "application/json" or text.startswith("{"):
        payload = _json_object(text)
    else:
        form = dict(parse_qsl(text, keep_blank_values=True))
        payload = _json_object(form["payload"]) if "payload" in form else dict(form) or None
    if payload is None or not isinstance(payload.get("event", {}), dict):
        return None
    return payload


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
