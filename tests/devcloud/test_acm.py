"""Certificates of the emulated cloud, as AWS answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud import CloudProcess
from tests.devcloud.test_route53 import change, plain

NAMES = {"DomainName": "new.tim-combo.com", "SubjectAlternativeNames": ["*.new.tim-combo.com"]}
WISH = {**NAMES, "ValidationMethod": "DNS", "IdempotencyToken": "one"}


def acm(cloud: CloudProcess, region: str = "us-east-1") -> Any:
    return cloud.client("acm", "media", "estate", region=region)


def asked(cloud: CloudProcess) -> str:
    cloud.settings(acm_seconds=0)
    return str(acm(cloud).request_certificate(**WISH)["CertificateArn"])


def described(cloud: CloudProcess, arn: str) -> dict[str, Any]:
    return dict(acm(cloud).describe_certificate(CertificateArn=arn)["Certificate"])


def prove(cloud: CloudProcess, arn: str) -> None:
    proof = described(cloud, arn)["DomainValidationOptions"][0]["ResourceRecord"]
    change(cloud, ("UPSERT", plain(proof["Name"], proof["Type"], proof["Value"])))


def test_it_is_issued_once_its_record_is_there(cloud: CloudProcess) -> None:
    arn = asked(cloud)
    found = described(cloud, arn)
    assert found["Status"] == "PENDING_VALIDATION"
    proofs = [one["ResourceRecord"] for one in found["DomainValidationOptions"]]
    assert proofs[0] == proofs[1]
    prove(cloud, arn)
    issued = described(cloud, arn)
    assert issued["Status"] == "ISSUED"
    assert 197 < (issued["NotAfter"] - issued["IssuedAt"]).days <= 198


def test_the_record_is_not_told_in_the_first_moment(cloud: CloudProcess) -> None:
    cloud.settings(acm_seconds=60)
    arn = acm(cloud).request_certificate(**WISH)["CertificateArn"]
    assert "ResourceRecord" not in described(cloud, arn)["DomainValidationOptions"][0]


def test_a_zone_that_nobody_asks_proves_nothing(cloud: CloudProcess) -> None:
    arn = asked(cloud)
    cloud.control("POST", "/delegate", {"domain": "tim-combo.com", "name_servers": ["ns1.parked.example"]})
    prove(cloud, arn)
    assert described(cloud, arn)["Status"] == "PENDING_VALIDATION"


def test_one_that_nobody_proves_times_out(cloud: CloudProcess) -> None:
    cloud.settings(acm_patience=0)
    assert described(cloud, asked(cloud))["Status"] == "VALIDATION_TIMED_OUT"


def test_the_same_wish_is_the_same_certificate(cloud: CloudProcess) -> None:
    assert asked(cloud) == asked(cloud)
    other = acm(cloud).request_certificate(**{**WISH, "IdempotencyToken": "two"})["CertificateArn"]
    assert other != asked(cloud)


def test_one_in_use_is_listed_so_and_not_deleted(cloud: CloudProcess) -> None:
    found = acm(cloud).list_certificates()["CertificateSummaryList"]
    used = next(one for one in found if one["DomainName"] == "tim-combo.com")
    assert (used["Status"], used["InUse"]) == ("ISSUED", True)
    with pytest.raises(ClientError, match="ResourceInUseException"):
        acm(cloud).delete_certificate(CertificateArn=used["CertificateArn"])
    assert acm(cloud, "us-east-2").list_certificates()["CertificateSummaryList"] == []


def test_cloudfront_takes_an_issued_certificate_that_covers_every_alias(cloud: CloudProcess) -> None:
    edge = cloud.client("cloudfront", "media", "estate")
    answer = edge.get_distribution_config(Id="E1TIMCDEV00000")
    config, etag = answer["DistributionConfig"], answer["ETag"]

    def put(arn: str, *aliases: str) -> None:
        config["Aliases"] = {"Quantity": len(aliases), "Items": list(aliases)}
        config["ViewerCertificate"]["ACMCertificateArn"] = arn
        edge.update_distribution(Id="E1TIMCDEV00000", IfMatch=etag, DistributionConfig=config)

    arn = asked(cloud)
    with pytest.raises(ClientError, match="isn't valid"):
        put(arn, "a.new.tim-combo.com")
    prove(cloud, arn)
    for uncovered in ("dev.tim-combo.com", "a.b.new.tim-combo.com"):
        with pytest.raises(ClientError, match="doesn't cover"):
            put(arn, uncovered)
    put(arn, "new.tim-combo.com", "a.new.tim-combo.com")


def test_aliases_need_a_certificate(cloud: CloudProcess) -> None:
    edge = cloud.client("cloudfront", "media", "estate")
    answer = edge.get_distribution_config(Id="E1TIMCDEV00000")
    config = answer["DistributionConfig"] | {"ViewerCertificate": {"CloudFrontDefaultCertificate": True}}
    with pytest.raises(ClientError, match="must attach a trusted certificate"):
        edge.update_distribution(Id="E1TIMCDEV00000", IfMatch=answer["ETag"], DistributionConfig=config)
