"""What is sent: subject, text, the webhook's body and its signature. Pure."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

LONGEST_SUBJECT = 200
Payload = Mapping[str, Any]


def subject_of(label: str, payload: Payload) -> str:
    """One line, "Deployment live: 1.1.0 to Tim-Combo dev"."""
    text = f"{label}: {payload['subject']}" if payload["subject"] else label
    return " ".join(text.split())[:LONGEST_SUBJECT]


def text_of(payload: Payload) -> str:
    """The news as plain text: the sentence, then the facts that there are, one in a line."""
    place = f"{payload['product']} {payload['environment']}".strip()
    facts = {
        "Where": place,
        "Why": payload["reason"],
        "By": payload["actor"],
        "At": payload["at"],
        "More": payload["url"],
    }
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    return "\n".join([payload["summary"] or payload["subject"], "", *lines])


def body_of(payload: Payload) -> bytes:
    """The webhook's body as JSON, the same bytes at every try."""
    return json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `timestamp.body`."""
    signed = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
