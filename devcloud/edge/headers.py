"""Response headers that a distribution adds: its response headers policy."""

from typing import Any

from devcloud.cloudfront.state import Config


def policy_headers(policy: Config | None) -> dict[str, tuple[str, bool]]:
    """The headers of a policy by lower-case name: value, and whether it replaces the origin's."""
    if policy is None:
        return {}
    return _security(policy.get("SecurityHeadersConfig", {})) | _custom(policy.get("CustomHeadersConfig", {}))


def _security(config: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    found: dict[str, tuple[str, bool]] = {}
    hsts = config.get("StrictTransportSecurity")
    if hsts is not None:
        value = f"max-age={hsts['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if hsts.get("IncludeSubdomains") else ""
        value += "; preload" if hsts.get("Preload") else ""
        found["strict-transport-security"] = (value, hsts["Override"])
    for name, header, field in (
        ("ContentSecurityPolicy", "content-security-policy", "ContentSecurityPolicy"),
        ("FrameOptions", "x-frame-options", "FrameOption"),
        ("ReferrerPolicy", "referrer-policy", "ReferrerPolicy"),
    ):
        if name in config:
            found[header] = (config[name][field], config[name]["Override"])
    if "ContentTypeOptions" in config:
        found["x-content-type-options"] = ("nosniff", config["ContentTypeOptions"]["Override"])
    return found


def _custom(config: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    return {each["Header"].lower(): (each["Value"], each["Override"]) for each in config.get("Items", [])}
