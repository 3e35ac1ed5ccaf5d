"""Cache policies of CloudFront: how long the edge keeps answers."""

from provisioning.kinds.named import Document, Named, inner
from provisioning.shapes import CachePolicy

# What tells answers apart: our word for it, AWS's part of the document, and its field.
KEYS = (
    ("cookies", "CookiesConfig", "CookieBehavior"),
    ("headers", "HeadersConfig", "HeaderBehavior"),
    ("query", "QueryStringsConfig", "QueryStringBehavior"),
)


def _document(name: str, shape: CachePolicy) -> Document:
    """AWS: all three kinds of keys must be said."""
    said = dict(one.split(" ", 1) for one in shape.keys)
    keys = {part: {field: said[word]} for word, part, field in KEYS}
    return {
        "Name": name,
        "MinTTL": shape.minimum,
        "DefaultTTL": shape.default,
        "MaxTTL": shape.maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": shape.gzip,
            "EnableAcceptEncodingBrotli": shape.brotli,
            **keys,
        },
    }


def _shape(config: Document) -> CachePolicy:
    key = config.get("ParametersInCacheKeyAndForwardedToOrigin", {})
    return CachePolicy(
        minimum=config["MinTTL"],
        default=config.get("DefaultTTL", 86_400),
        maximum=config.get("MaxTTL", 31_536_000),
        gzip=key.get("EnableAcceptEncodingGzip", False),
        brotli=key.get("EnableAcceptEncodingBrotli", False),
        keys=tuple(_key(word, key.get(part, {}), field) for word, part, field in KEYS),
    )


def _key(word: str, part: Document, field: str) -> str:
    """With the names that it lists, where it lists some."""
    names = [name for value in part.values() if isinstance(value, dict) for name in value.get("Items", ())]
    return " ".join([word, part.get(field, "none"), *sorted(names)])


KIND = Named(
    word="CachePolicy",
    words="CachePolicies",
    title="cache policy",
    to_document=_document,
    to_shape=_shape,
    config_of=inner("CachePolicy"),
    asked={"Type": "custom"},
)
