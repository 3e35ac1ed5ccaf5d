"""Response headers policies of CloudFront: the security headers that every answer gets."""

from typing import Any

from provisioning.kinds.named import Document, Named, inner
from provisioning.shapes import HeadersPolicy

SECURITY = "SecurityHeadersConfig"
KEPT = {"Name", "Comment", SECURITY}
KNOWN = {
    "StrictTransportSecurity",
    "ContentSecurityPolicy",
    "FrameOptions",
    "ReferrerPolicy",
    "ContentTypeOptions",
}


def _document(name: str, shape: HeadersPolicy) -> Document:
    return {"Name": name, SECURITY: dict(_security(shape))}


def _security(shape: HeadersPolicy) -> list[tuple[str, Document]]:
    always = {"Override": True}
    hsts = {
        "AccessControlMaxAgeSec": shape.hsts_seconds,
        "IncludeSubdomains": shape.hsts_subdomains,
        "Preload": False,
    }
    said: list[tuple[Any, str, Document]] = [
        (shape.hsts_seconds, "StrictTransportSecurity", hsts),
        (shape.content_security, "ContentSecurityPolicy", {"ContentSecurityPolicy": shape.content_security}),
        (shape.frames, "FrameOptions", {"FrameOption": shape.frames}),
        (shape.referrer, "ReferrerPolicy", {"ReferrerPolicy": shape.referrer}),
        (shape.nosniff, "ContentTypeOptions", {}),
    ]
    return [(part, always | document) for given, part, document in said if given]


def _shape(config: Document) -> HeadersPolicy:
    said = config.get(SECURITY, {})
    hsts = said.get("StrictTransportSecurity", {})
    return HeadersPolicy(
        hsts_seconds=hsts.get("AccessControlMaxAgeSec", 0),
        hsts_subdomains=hsts.get("IncludeSubdomains", False),
        content_security=said.get("ContentSecurityPolicy", {}).get("ContentSecurityPolicy", ""),
        frames=said.get("FrameOptions", {}).get("FrameOption", ""),
        referrer=said.get("ReferrerPolicy", {}).get("ReferrerPolicy", ""),
        nosniff="ContentTypeOptions" in said,
        other=tuple(sorted(_others(config, said))),
    )


def _others(config: Document, said: Document) -> list[str]:
    """What is set besides, and what does not replace the origin's header."""
    parts = [
        name for name, value in config.items() if name not in KEPT and value not in ({}, {"Quantity": 0})
    ]
    weak = [f"{name} without override" for name, part in said.items() if not part.get("Override", False)]
    preload = ["preload"] if said.get("StrictTransportSecurity", {}).get("Preload") else []
    return [*parts, *(said.keys() - KNOWN), *weak, *preload]


KIND = Named(
    word="ResponseHeadersPolicy",
    words="ResponseHeadersPolicies",
    title="response headers policy",
    to_document=_document,
    to_shape=_shape,
    config_of=inner("ResponseHeadersPolicy"),
    asked={"Type": "custom"},
)
