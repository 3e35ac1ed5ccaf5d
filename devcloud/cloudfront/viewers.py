"""What stands between viewers and a distribution: its certificate and its web ACL."""

from typing import Any

from devcloud.cloudfront.call import CdnCall
from devcloud.errors import AwsError

NO_CERTIFICATE = (
    "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid "
    "certificate chain."
)
NOT_COVERED = (
    "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) that you're "
    "trying to add."
)
NONE_ATTACHED = (
    "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted certificate that "
    "validates your authorization to use the domain name."
)


def check_viewers(call: CdnCall, config: dict[str, Any]) -> None:
    """AWS: an issued certificate of us-east-1 in the distribution's own account covers every alias; a web ACL exists."""
    aliases = config["Aliases"].get("Items", [])
    arn = config["ViewerCertificate"].get("ACMCertificateArn", "")
    if arn:
        _check_certificate(call, arn, aliases)
    elif aliases:
        raise _refused(NONE_ATTACHED)
    if config["WebACLId"] and not call.neighbours.has_web_acl(call.account, config["WebACLId"]):
        message = (
            "Your request contains a web ACL ID that does not exist or is not associated with your account."
        )
        raise AwsError("InvalidWebACLId", 400, message)


def _check_certificate(call: CdnCall, arn: str, aliases: list[str]) -> None:
    found = call.neighbours.certificate(arn)
    if found is None or (found.account, found.region) != (call.account, "us-east-1"):
        raise _refused(NO_CERTIFICATE)
    if found.status(call.now) != "ISSUED":
        raise _refused(NO_CERTIFICATE)
    if not all(found.covers(alias) for alias in aliases):
        raise _refused(NOT_COVERED)


def _refused(message: str) -> AwsError:
    return AwsError("InvalidViewerCertificate", 400, message)
