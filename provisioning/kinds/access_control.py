"""Origin access controls of CloudFront: how distributions sign what they ask S3 for."""

from provisioning.kinds.named import Document, Named
from provisioning.shapes import AccessControl


def _document(name: str, shape: AccessControl) -> Document:
    return {
        "Name": name,
        "SigningProtocol": shape.protocol,
        "SigningBehavior": shape.signing,
        "OriginAccessControlOriginType": shape.origin,
    }


def _shape(config: Document) -> AccessControl:
    return AccessControl(
        signing=config["SigningBehavior"],
        protocol=config["SigningProtocol"],
        origin=config["OriginAccessControlOriginType"],
    )


KIND = Named(
    word="OriginAccessControl",
    words="OriginAccessControls",
    title="origin access control",
    to_document=_document,
    to_shape=_shape,
    config_of=lambda item: (item["Id"], item),
    asked={},
)
