"""Route 53 of the emulated cloud, as AWS answers."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dnslib import DNSRecord

from tests.cloud import CloudProcess

ZONE = "Z0TIMCOMBO0000000000"
CLOUDFRONT = {"HostedZoneId": "Z2FDTNDATAQYW2", "EvaluateTargetHealth": False}
TARGET = "d1timcdev0000.cloudfront.net"


def r53(cloud: CloudProcess, account: str = "media", purpose: str = "dns") -> Any:
    return cloud.client("route53", account, purpose)


def plain(name: str, kind: str, value: str, ttl: int = 300) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "TTL": ttl, "ResourceRecords": [{"Value": value}]}


def alias(name: str, kind: str = "A", target: str = TARGET, **more: Any) -> dict[str, Any]:
    return {"Name": name, "Type": kind, "AliasTarget": {**CLOUDFRONT, "DNSName": target, **more}}


def change(cloud: CloudProcess, *changes: tuple[str, dict[str, Any]], zone: str = ZONE) -> Any:
    batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
    return r53(cloud).change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": batch})[
        "ChangeInfo"
    ]


def records(cloud: CloudProcess) -> dict[tuple[str, str], dict[str, Any]]:
    found = r53(cloud).list_resource_record_sets(HostedZoneId=ZONE)["ResourceRecordSets"]
    return {(one["Name"], one["Type"]): one for one in found}


def ask(cloud: CloudProcess, name: str, kind: str) -> list[str]:
    host, _, port = cloud.dns.partition(":")
    reply = DNSRecord.parse(DNSRecord.question(name, kind).send(host, int(port), timeout=5))
    return [str(one.rdata) for one in reply.rr]


def test_the_seeded_zone_is_what_somebody_made_by_hand(cloud: CloudProcess) -> None:
    found = records(cloud)
    assert found["dev.tim-combo.com.", "CNAME"]["ResourceRecords"] == [{"Value": f"{TARGET}."}]
    assert found["tim-combo.com.", "A"]["AliasTarget"]["DNSName"] == "d1timcstatic0.cloudfront.net."
    assert ("tim-combo.com.", "AAAA") not in found
    assert {("tim-combo.com.", kind) for kind in ("NS", "SOA", "MX")} <= set(found)


def test_a_cname_becomes_an_alias_in_one_batch(cloud: CloudProcess) -> None:
    old = records(cloud)["dev.tim-combo.com.", "CNAME"]
    info = change(
        cloud,
        ("DELETE", old),
        ("CREATE", alias("dev.tim-combo.com")),
        ("CREATE", alias("dev.tim-combo.com", "AAAA")),
    )
    assert info["Status"] == "PENDING"
    found = records(cloud)
    assert ("dev.tim-combo.com.", "CNAME") not in found
    assert found["dev.tim-combo.com.", "A"]["AliasTarget"]["DNSName"] == f"{TARGET}."
    assert ask(cloud, "dev.tim-combo.com", "A")[0].startswith("192.0.2.")


def test_a_change_is_in_sync_after_a_while(cloud: CloudProcess) -> None:
    cloud.settings(dns_seconds=0)
    info = change(cloud, ("UPSERT", plain("a.tim-combo.com", "TXT", '"x"')))
    assert r53(cloud).get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("CREATE", plain("dev.tim-combo.com", "CNAME", "x.example"))], "already exists"),
        ([("DELETE", plain("dev.tim-combo.com", "CNAME", "x.example"))], "do not match the current values"),
        ([("DELETE", plain("gone.tim-combo.com", "A", "192.0.2.1"))], "was not found"),
        ([("CREATE", plain("tim-combo.com", "CNAME", "x.example"))], "not permitted at apex"),
        ([("CREATE", alias("dev.tim-combo.com"))], "conflicts with other records"),
        ([("CREATE", alias("a.other.example"))], "not permitted in zone"),
        ([("UPSERT", alias("a.tim-combo.com", target="E1TIMCDEV00000.example"))], "does not lie within"),
        ([("UPSERT", alias("a.tim-combo.com", EvaluateTargetHealth=True))], "EvaluateTargetHealth"),
        ([("UPSERT", alias("a.tim-combo.com") | {"TTL": 300})], "must not have a TTL"),
        (
            [("UPSERT", alias("a.tim-combo.com")), ("UPSERT", alias("a.tim-combo.com"))],
            "invalid set of changes",
        ),
    ],
)
def test_what_aws_refuses_changes_nothing(
    cloud: CloudProcess, changes: list[tuple[str, dict[str, Any]]], said: str
) -> None:
    before = records(cloud)
    with pytest.raises(ClientError, match=said):
        change(cloud, ("UPSERT", plain("first.tim-combo.com", "A", "192.0.2.1")), *changes)
    assert records(cloud) == before


def test_the_zones_own_records_stay(cloud: CloudProcess) -> None:
    soa = records(cloud)["tim-combo.com.", "SOA"]
    with pytest.raises(ClientError, match="exactly one SOA"):
        change(cloud, ("DELETE", soa))


def test_a_zone_is_made_once_for_a_reference_and_deleted_when_empty(cloud: CloudProcess) -> None:
    own = r53(cloud)
    made = own.create_hosted_zone(Name="shop.example", CallerReference="console:shop.example")
    assert len(made["DelegationSet"]["NameServers"]) == 4
    with pytest.raises(own.exceptions.HostedZoneAlreadyExists):
        own.create_hosted_zone(Name="shop.example", CallerReference="console:shop.example")
    zone = made["HostedZone"]["Id"].rsplit("/", 1)[-1]
    by_name = own.list_hosted_zones_by_name(DNSName="shop.example", MaxItems="1")["HostedZones"]
    assert [one["Id"] for one in by_name] == [f"/hostedzone/{zone}"]
    change(cloud, ("CREATE", plain("a.shop.example", "A", "192.0.2.1")), zone=zone)
    with pytest.raises(own.exceptions.HostedZoneNotEmpty):
        own.delete_hosted_zone(Id=zone)


def test_the_world_asks_the_zone_that_the_registrar_names(cloud: CloudProcess) -> None:
    assert len(ask(cloud, "tim-combo.com", "NS")) == 4
    cloud.control("POST", "/delegate", {"domain": "tim-combo.com", "name_servers": ["ns1.parked.example"]})
    assert ask(cloud, "tim-combo.com", "NS") == ["ns1.parked.example."]
    assert ask(cloud, "dev.tim-combo.com", "A") == []


def test_a_name_leads_along_its_cname_to_the_distribution(cloud: CloudProcess) -> None:
    found = ask(cloud, "dev.tim-combo.com", "A")
    assert (found[0], found[1].startswith("192.0.2.")) == (f"{TARGET}.", True)
    assert ask(cloud, "old.tim-combo.com", "A") == ["d1gone0000000.cloudfront.net."]


def test_another_accounts_zone_is_not_there_and_only_dns_roles_write(cloud: CloudProcess) -> None:
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        r53(cloud, "sandbox", "read").get_hosted_zone(Id=ZONE)
    with pytest.raises(ClientError, match="AccessDenied"):
        r53(cloud, "media", "estate").create_hosted_zone(Name="shop.example", CallerReference="a")
