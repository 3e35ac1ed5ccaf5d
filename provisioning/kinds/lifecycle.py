"""The lifecycle rules of a bucket, between AWS's documents and ours."""

from collections.abc import Iterable
from typing import Any

from provisioning.shapes import Expiry

ARCHIVE = "GLACIER_IR"


def rules_of(documents: Iterable[dict[str, Any]]) -> tuple[tuple[Expiry, ...], tuple[str, ...]]:
    """Those that the console can say, by id, and the ids of the others."""
    known: list[Expiry] = []
    other: list[str] = []
    for document in documents:
        rule = _rule(document)
        # What was not understood would be lost by writing the rule back.
        if _document(rule) == _plain(document):
            known.append(rule)
        else:
            other.append(rule.id or "without an id")
    return tuple(sorted(known, key=lambda rule: rule.id)), tuple(sorted(other))


def rules_to(rules: Iterable[Expiry]) -> list[dict[str, Any]]:
    return [_document(rule) for rule in rules]


def _rule(document: dict[str, Any]) -> Expiry:
    old = document.get("NoncurrentVersionExpiration", {})
    moves = document.get("Transitions") or [{}]
    return Expiry(
        id=document.get("ID", ""),
        prefix=document.get("Filter", {}).get("Prefix", ""),
        noncurrent_days=old.get("NoncurrentDays"),
        kept=old.get("NewerNoncurrentVersions"),
        abort_days=document.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation"),
        delete_markers=bool(document.get("Expiration", {}).get("ExpiredObjectDeleteMarker")),
        archive_days=moves[0].get("Days"),
        expire_days=document.get("Expiration", {}).get("Days"),
    )


def _document(rule: Expiry) -> dict[str, Any]:
    parts: dict[str, Any] = {"ID": rule.id, "Status": "Enabled", "Filter": {"Prefix": rule.prefix}}
    if rule.noncurrent_days is not None:
        kept = {"NewerNoncurrentVersions": rule.kept} if rule.kept is not None else {}
        parts["NoncurrentVersionExpiration"] = {"NoncurrentDays": rule.noncurrent_days, **kept}
    if rule.abort_days is not None:
        parts["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": rule.abort_days}
    if rule.delete_markers:
        parts["Expiration"] = {"ExpiredObjectDeleteMarker": True}
    if rule.expire_days is not None:
        parts["Expiration"] = {"Days": rule.expire_days}
    if rule.archive_days is not None:
        parts["Transitions"] = [{"Days": rule.archive_days, "StorageClass": ARCHIVE}]
    return parts


def _plain(document: dict[str, Any]) -> dict[str, Any]:
    """AWS: a rule without a filter, or with an empty one, is for all keys."""
    return {**document, "Filter": document.get("Filter") or {"Prefix": ""}}
