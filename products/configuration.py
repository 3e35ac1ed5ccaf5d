"""The rules of an environment's public configuration: a flat object, text to text, that every visitor can read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

MAX_KEYS = 200
MAX_VALUE = 4_000
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_SECRETS = {
    # AWS: access key ids begin with AKIA (long-lived) or ASIA (temporary) and have 20 characters.
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a Stripe secret key": re.compile(r"\b[sr]k_(?:live|test)_[0-9A-Za-z]{8,}"),
    "a signed token (JWT)": re.compile(r"\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]+"),
    "an address with a password in it": re.compile(
        r"\b[a-z][a-z0-9+.-]*://[^\s/@:]*:[^\s/@]+@", re.IGNORECASE
    ),
    "a GitHub token": re.compile(r"\b(?:gh[pousr]_[0-9A-Za-z]{20,}|github_pat_\w{20,})"),
    "a Slack token": re.compile(r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}"),
}


@dataclass(frozen=True)
class KeyChange:
    """One key whose value differs. `old` is None when the key is new, `new` when it is gone."""

    key: str
    old: str | None
    new: str | None


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> list[KeyChange]:
    """What turns one configuration into the other, by key."""
    keys = sorted(before.keys() | after.keys())
    changes = (KeyChange(key, before.get(key), after.get(key)) for key in keys)
    return [change for change in changes if change.old != change.new]


def problems(values: Mapping[str, object]) -> dict[str, str]:
    """Why the values cannot be a configuration: a text by key; the key "" stands for the whole."""
    found = {key: text for key, value in values.items() if (text := _problem(key, value))}
    if len(values) > MAX_KEYS:
        found[""] = f"There are {len(values)} keys, and at most {MAX_KEYS} are allowed."
    return found


def _problem(key: str, value: object) -> str:
    if not _KEY.fullmatch(key):
        return (
            f"{key[:100]!r} is not a key. A key has up to 100 letters, digits and underscores, "
            "and does not begin with a digit."
        )
    if not isinstance(value, str):
        return f"The value of {key} is not text. Put it in quotes."
    if len(value) > MAX_VALUE:
        return f"The value of {key} has {len(value)} characters, and at most {MAX_VALUE} are allowed."
    if _CONTROL.search(value):
        return f"The value of {key} holds a control character, such as a line break or a tab."
    return _secret(key, value)


def _secret(key: str, value: str) -> str:
    for what, pattern in _SECRETS.items():
        if pattern.search(value):
            return (
                f"The value of {key} looks like {what}. This configuration is public: every visitor can read it. "
                "Keep secrets in the back end."
            )
    return ""
