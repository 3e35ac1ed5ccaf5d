"""Certificates of ACM, which CloudFront takes from us-east-1 of its own account."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any, Never

from aws.access import Account as Door
from aws.errors import NotFound
from provisioning.delegation import not_delegated
from provisioning.ids import Ids
from provisioning.kinds.found import Found, NotReady, Refused, never_deleted
from provisioning.resolver import NoAnswer
from provisioning.shapes import Address, Certificate

AT_ONCE = 8
KIND = "certificate"
ISSUED, PENDING = "ISSUED", "PENDING_VALIDATION"
# AWS: the listing shows those with RSA keys of 1024 and 2048 bits alone unless all are named.
KEYS = ("RSA_1024", "RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1")
TAGS = [{"Key": "managed-by", "Value": "tim-combo-console"}]
POLL_SECONDS = 5.0
Document = dict[str, Any]


def read(door: Door, names: Collection[str], ids: Ids) -> Mapping[str, Found | Refused]:
    """One listing for all, and one call for each that is there."""
    listed = list(_listed(door))
    arns = {name: arn for name in names if (arn := _choose(door, name, listed, ids))}
    with ThreadPoolExecutor(AT_ONCE) as threads:
        found = threads.map(lambda name: _read(door, name, arns[name], ids), arns)
        return {name: one for name, one in zip(arns, found, strict=True) if one}


def _listed(door: Door) -> Iterator[Document]:
    page: Document = {"Includes": {"keyTypes": list(KEYS)}, "MaxItems": 1000}
    while True:
        answer = door.read("acm", "ListCertificates", "", **page)
        yield from answer["CertificateSummaryList"]
        if not answer.get("NextToken"):
            return
        page["NextToken"] = answer["NextToken"]


def _choose(door: Door, name: str, listed: Collection[Document], ids: Ids) -> str | None:
    """The one that is known, else the one of the domain that serves best: issued, then the newest."""
    own = [one for one in listed if one["DomainName"] == name and one["Status"] in (ISSUED, PENDING)]
    known = ids.known.get(Address(KIND, door.account_id, name))
    if known in {one["CertificateArn"] for one in own}:
        return known
    own.sort(key=lambda one: (one["Status"] == ISSUED, one["CreatedAt"]))
    return str(own[-1]["CertificateArn"]) if own else None


def _read(door: Door, name: str, arn: str, ids: Ids) -> Found | None:
    try:
        told = door.read("acm", "DescribeCertificate", name, CertificateArn=arn)["Certificate"]
    except NotFound:
        return None
    proof = _proof(told, name)
    shape = Certificate(names=tuple(sorted(told.get("SubjectAlternativeNames", [name]))))
    unfinished = (
        "" if proof or told["Type"] == "IMPORTED" else f"ACM has not told yet which record proves {name}."
    )
    return Found(shape, arn, {**proof, **_dates(told)}, unfinished, _waits_for(told, name, proof, ids))


def _proof(told: Document, name: str) -> dict[str, str]:
    """AWS: the apex and its wildcard have one record; in the first seconds there is none yet."""
    options = [one for one in told.get("DomainValidationOptions", ()) if one["DomainName"] == name]
    record = options[0].get("ResourceRecord") if options else None
    return {"record": record["Name"].rstrip("."), "value": record["Value"].rstrip(".")} if record else {}


def _dates(told: Document) -> dict[str, str]:
    dates = {"status": told["Status"]}
    if "NotAfter" in told:
        dates["expires"] = told["NotAfter"].isoformat()
    if renewal := told.get("RenewalSummary"):
        dates["renewal"] = renewal["RenewalStatus"]
    return dates


def _waits_for(told: Document, name: str, proof: Mapping[str, str], ids: Ids) -> str:
    if told["Status"] == PENDING:
        return _why_pending(name, proof, ids)
    if told.get("RenewalSummary", {}).get("RenewalStatus") == PENDING:
        return f"The certificate for {name} is not renewed before its record is there again. {_wanted(proof)}"
    return ""


def _why_pending(name: str, proof: Mapping[str, str], ids: Ids) -> str:
    """The one cause that is known, or that AWS has yet to look."""
    zone = next((address for address in ids.of_kind("zone") if address.name == name), None)
    if zone is None:
        return f"ACM waits for the record that proves {name}. {_wanted(proof)}"
    servers = ids.told.get(zone, {}).get("name_servers", "").split(",")
    unseen = f"ACM has not seen the record that proves {name} yet."
    try:
        return not_delegated(name, servers) or unseen
    except NoAnswer as silence:
        return f"{unseen} Whether its registrar leads there is not known: {silence}"


def _wanted(proof: Mapping[str, str]) -> str:
    return f"Make a CNAME {proof['record']} with the value {proof['value']}." if proof else ""


def create(door: Door, name: str, shape: Certificate, ids: Ids) -> Mapping[str, str]:
    """AWS: for an hour the same token and names are the same certificate."""
    others = [one for one in shape.names if one != name]
    token = sha256(f"{door.account_id} {shape.names}".encode()).hexdigest()[:32]
    answer = door.write(
        "acm",
        "RequestCertificate",
        name,
        DomainName=name,
        SubjectAlternativeNames=others,
        ValidationMethod="DNS",
        IdempotencyToken=token,
        Tags=TAGS,
    )
    return {"id": answer["CertificateArn"]}


def update(door: Door, name: str, found: Found, shape: Certificate, ids: Ids) -> Mapping[str, str] | None:
    """AWS: the names of a certificate never change; another one is asked for, which takes its place once it is issued."""
    return create(door, name, shape, ids) if found.shape != shape else None


def delete(door: Door, name: str, found: Found, ids: Ids) -> Never:
    never_deleted("a certificate")


def require_issued(door: Door, name: str, ids: Ids) -> None:
    """AWS: CloudFront takes only one that is issued. Raises NotReady with the cause."""
    arn = ids.of(Address(KIND, door.account_id, name))
    found = _read(door, name, arn, ids)
    if found and found.told["status"] == PENDING:
        raise NotReady(POLL_SECONDS, found.waits_for)
