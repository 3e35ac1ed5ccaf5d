"""The front of ACM: which function does an operation."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devcloud.acm.state import RENEWED, Certificate, Certificates, Resolve, new_arn
from devcloud.errors import AwsError, not_implemented
from devcloud.front import carry_out
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

Result = dict[str, Any]
NAME = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}")
REPEATED = 3600.0


@dataclass(frozen=True)
class AcmCall:
    """A call to ACM with its parameters as boto3 names them. `used_by` gives the ARNs of what uses a certificate."""

    request: Request
    params: dict[str, Any]
    certificates: Certificates
    resolve: Resolve
    used_by: Callable[[str], list[str]]
    settings: Settings

    @property
    def now(self) -> float:
        return self.request.now

    @property
    def mine(self) -> list[Certificate]:
        """Those of the caller's account in the Region of the call, with their state as of now."""
        account, region = self.request.principal.account, self.request.region
        found = [c for c in self.certificates.values() if (c.account, c.region) == (account, region)]
        for one in found:
            one.settle(self.now, self.resolve)
        return found

    def certificate(self) -> Certificate:
        arn = self.params["CertificateArn"]
        for one in self.mine:
            if one.arn == arn:
                return one
        message = f"Could not find certificate {arn} in account {self.request.principal.account}."
        raise AwsError("ResourceNotFoundException", 400, message)


def handle(
    request: Request,
    certificates: Certificates,
    resolve: Resolve,
    used_by: Callable[[str], list[str]],
    settings: Settings,
) -> Reply:
    """Carry out one ACM call. Raises AwsError for every refusal."""
    return carry_out(
        request, OPERATIONS, lambda params: AcmCall(request, params, certificates, resolve, used_by, settings)
    )


def request_certificate(call: AcmCall) -> Result:
    """AWS: the same wish with the same token is the same certificate for an hour."""
    params = call.params
    names = tuple(dict.fromkeys((params["DomainName"], *params.get("SubjectAlternativeNames", ()))))
    if wrong := [name for name in names if NAME.fullmatch(name) is None]:
        raise AwsError("InvalidDomainValidationOptionsException", 400, f"{wrong[0]} is no domain name.")
    if params.get("ValidationMethod") != "DNS":
        raise not_implemented("acm", "RequestCertificate without validation by DNS")
    token = params.get("IdempotencyToken", "")
    for one in call.mine:
        if token and one.token == token and one.names == names and call.now < one.created + REPEATED:
            return {"CertificateArn": one.arn}
    arn = new_arn(call.request.principal.account, call.request.region)
    tags = {tag["Key"]: tag.get("Value", "") for tag in params.get("Tags", ())}
    made = Certificate(
        arn=arn,
        account=call.request.principal.account,
        region=call.request.region,
        domain=names[0],
        names=names,
        token=token,
        created=call.now,
        patience=call.settings.acm_patience,
        tags=tags,
    )
    call.certificates[arn] = made
    return {"CertificateArn": arn}


def describe_certificate(call: AcmCall) -> Result:
    return {"Certificate": _shown(call, call.certificate())}


def list_certificates(call: AcmCall) -> Result:
    """AWS: those of RSA keys alone unless others are asked for, which these all have."""
    wanted = call.params.get("CertificateStatuses")
    found = [one for one in call.mine if not wanted or one.status(call.now) in wanted]
    return {"CertificateSummaryList": [_summary(call, one) for one in found]}


def delete_certificate(call: AcmCall) -> Result:
    found = call.certificate()
    if call.used_by(found.arn):
        raise AwsError("ResourceInUseException", 400, f"Certificate {found.arn} is in use.")
    del call.certificates[found.arn]
    return {}


def list_tags_for_certificate(call: AcmCall) -> Result:
    return {"Tags": [{"Key": key, "Value": value} for key, value in call.certificate().tags.items()]}


def _summary(call: AcmCall, one: Certificate) -> Result:
    return {
        "CertificateArn": one.arn,
        "DomainName": one.domain,
        "SubjectAlternativeNameSummaries": list(one.names),
        "HasAdditionalSubjectAlternativeNames": False,
        "Status": one.status(call.now),
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "RSA-2048",
        "InUse": bool(call.used_by(one.arn)),
        "CreatedAt": moment(one.created),
    }


def _shown(call: AcmCall, one: Certificate) -> Result:
    used = call.used_by(one.arn)
    shown: Result = {
        "CertificateArn": one.arn,
        "DomainName": one.domain,
        "SubjectAlternativeNames": list(one.names),
        "DomainValidationOptions": list(_proofs(call, one)),
        "Status": one.status(call.now),
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": "RSA-2048",
        "CreatedAt": moment(one.created),
        "InUseBy": used,
        "RenewalEligibility": "ELIGIBLE" if used and one.issued else "INELIGIBLE",
    }
    if one.issued is not None:
        shown |= {"IssuedAt": moment(one.issued), "NotAfter": moment(one.not_after)}
        if used and call.now > one.not_after - RENEWED:
            shown["RenewalSummary"] = {
                "RenewalStatus": "PENDING_VALIDATION",
                "DomainValidationOptions": list(_proofs(call, one)),
                "UpdatedAt": moment(call.now),
            }
    return shown


def _proofs(call: AcmCall, one: Certificate) -> Iterable[Result]:
    """AWS: in the first seconds there are no records yet."""
    status = "PENDING_VALIDATION" if one.issued is None else "SUCCESS"
    for name in one.names:
        proof: Result = {"DomainName": name, "ValidationMethod": "DNS", "ValidationStatus": status}
        if call.now >= one.created + call.settings.acm_seconds:
            record, value = one.proof(name)
            proof["ResourceRecord"] = {"Name": record, "Type": "CNAME", "Value": value}
        yield proof


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


OPERATIONS: Mapping[str, Callable[[AcmCall], Result]] = {
    "RequestCertificate": request_certificate,
    "DescribeCertificate": describe_certificate,
    "ListCertificates": list_certificates,
    "DeleteCertificate": delete_certificate,
    "ListTagsForCertificate": list_tags_for_certificate,
}
