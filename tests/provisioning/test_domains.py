"""Zones, certificates, records and web ACLs against the emulated cloud."""

import urllib.request
from typing import Any

import pytest
from django.test import Client
from dnslib import DNSRecord

from provisioning.models import Apply, PlannedChange, Resource
from provisioning.services.records import remove_records, undo_records
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, PRODUCT, Estate
from tests.provisioning.shops import new_shop
from users.refusals import Refused

DOMAIN = "shop.example"
RECORDS = Address("host-records", MEDIA, "dev.tim-combo.com")
PROD = Address("distribution", MEDIA, "tim-combo-prod")
ZONE = "Z0TIMCOMBO0000000000"


@pytest.fixture
def shop(estate: Estate) -> Estate:
    """A product of which AWS holds nothing yet: its zone is to be made, too."""
    new_shop("shop")
    estate.slug = "shop"
    estate.cloud.settings(deploy_seconds=0.1, dns_seconds=0.1, acm_seconds=0.05)
    estate.look()
    return estate


def r53(estate: Estate) -> Any:
    return estate.cloud.client("route53", "media", "dns")


def acm(estate: Estate) -> Any:
    return estate.cloud.client("acm", "media", "estate", region="us-east-1")


def waf(estate: Estate) -> Any:
    return estate.cloud.client("wafv2", "media", "estate", region="us-east-1")


def records(estate: Estate, zone: str = ZONE) -> dict[tuple[str, str], dict[str, Any]]:
    found = r53(estate).list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    for one in found:
        # A target with a dot at its end is the same as one without.
        for value in one.get("ResourceRecords", ()):
            value["Value"] = value["Value"].rstrip(".")
    return {(one["Name"].rstrip("."), one["Type"]): one for one in found}


def put(estate: Estate, action: str, record: dict[str, Any]) -> None:
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    r53(estate).change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=batch)


def answers(estate: Estate, name: str, kind: str) -> list[str]:
    host, _, port = estate.cloud.dns.partition(":")
    reply = DNSRecord.parse(DNSRecord.question(name, kind).send(host, int(port), timeout=5))
    return [str(one.rdata) for one in reply.rr]


def test_a_domain_is_made_from_nothing_in_one_apply_and_serves(shop: Estate) -> None:
    order = [change.address.kind for change in shop.plan().changes]
    assert (
        order.index("zone") < order.index("certificate") < order.index("proof") < order.index("distribution")
    )
    assert order[-2:] == ["host-records", "host-records"]
    shop.applied()
    product = shop.product
    assert product.hosted_zone.zone_id.startswith("Z")
    assert answers(shop, f"www.{DOMAIN}", "A")[0].startswith("192.0.2.")
    assert answers(shop, DOMAIN, "AAAA")[0].startswith("2001:db8:")
    (certificate,) = [
        one for one in acm(shop).list_certificates()["CertificateSummaryList"] if one["DomainName"] == DOMAIN
    ]
    assert (certificate["Status"], certificate["InUse"]) == ("ISSUED", True)
    shop.s3.put_object(Bucket="shop-live", Key="index.html", Body=b"<p>hello", ContentType="text/html")
    request = urllib.request.Request(shop.cloud.edge_url + "/", headers={"host": DOMAIN})
    assert urllib.request.urlopen(request, timeout=5).read() == b"<p>hello"
    shop.look()
    since = shop.cloud.next_call()
    assert (shop.plan().changes, shop.writes(since)) == ((), [])
    assert not Resource.objects.filter(product=product).exclude(waits_for="").exists()


def test_the_distribution_has_the_certificate_the_protocol_and_the_web_acl(shop: Estate) -> None:
    shop.applied()
    live = shop.product.environments.get()
    own = shop.cloud.client("cloudfront", "media")
    config = own.get_distribution_config(Id=live.distribution_id)["DistributionConfig"]
    viewer = config["ViewerCertificate"]
    assert (viewer["MinimumProtocolVersion"], viewer["SSLSupportMethod"]) == ("TLSv1.2_2021", "sni-only")
    (acl,) = waf(shop).list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    assert config["WebACLId"] == acl["ARN"]
    told = waf(shop).get_web_acl(Name=acl["Name"], Id=acl["Id"], Scope="CLOUDFRONT")["WebACL"]["Rules"]
    assert [list(one.get("OverrideAction", one.get("Action", {}))) for one in told] == [["Count"]] * 5


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("route53", "CreateHostedZone"),
        ("acm", "RequestCertificate"),
        ("route53", "ChangeResourceRecordSets"),
        ("wafv2", "CreateWebACL"),
    ],
)
def test_a_lost_answer_makes_nothing_twice(shop: Estate, service: str, operation: str) -> None:
    shop.cloud.faults(service, operation, "lost_reply", count=1)
    shop.applied()
    zones = [zone["Name"] for zone in r53(shop).list_hosted_zones()["HostedZones"]]
    certificates = [one["DomainName"] for one in acm(shop).list_certificates()["CertificateSummaryList"]]
    assert (zones.count(f"{DOMAIN}."), certificates.count(DOMAIN)) == (1, 1)
    assert len(waf(shop).list_web_acls(Scope="CLOUDFRONT")["WebACLs"]) == 1
    shop.look()
    assert shop.plan().changes == ()


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("route53", "ChangeResourceRecordSets", "PriorRequestNotComplete"),
        ("route53", "ListResourceRecordSets", "Throttling"),
        ("acm", "RequestCertificate", "ThrottlingException"),
        ("wafv2", "UpdateWebACL", "WAFOptimisticLockException"),
    ],
)
def test_what_passes_does_not_fail_a_plan(shop: Estate, service: str, operation: str, code: str) -> None:
    if service == "wafv2":
        shop.applied()
        shop.product.environments.update(web_acl="block")
    shop.cloud.faults(service, operation, "error", code=code, status=400, count=2)
    shop.applied()
    shop.look()
    assert shop.plan().changes == ()


def test_a_certificate_that_waits_for_name_servers_says_so_and_goes_on_when_they_are_set(
    shop: Estate,
) -> None:
    shop.cloud.control("POST", "/delegate", {"domain": DOMAIN, "name_servers": ["ns1.parked.example"]})
    apply = shop.apply()
    run = _until_it_waits(shop, apply.run_id, "name servers")
    assert "its registrar names ns1.parked.example as name servers. Set them there to ns-" in run.waiting_for
    assert run.state == "running"
    shop.cloud.control("POST", "/delegate", {"domain": DOMAIN})
    assert shop.carry_out(apply.run_id).state == "succeeded"


def _until_it_waits(estate: Estate, run: int, text: str) -> Any:
    from runs import runner
    from runs.models import Run
    from tests.runs.rows import be_due

    for _ in range(200):
        while runner.advance(run):
            pass
        found = Run.objects.get(pk=run)
        if text in found.waiting_for:
            return found
        assert found.is_active, found.error
        be_due(found)
    raise AssertionError(found.waiting_for)


def test_a_zone_that_nobody_is_led_to_is_said_although_nothing_differs(shop: Estate) -> None:
    shop.applied()
    shop.cloud.control("POST", "/delegate", {"domain": DOMAIN, "name_servers": ["ns1.parked.example"]})
    shop.look()
    row = Resource.objects.get(kind="zone", product=shop.product)
    assert "its registrar names ns1.parked.example" in row.waits_for
    assert shop.plan().changes == ()


def test_a_resolver_that_does_not_answer_is_said_and_stops_nothing(shop: Estate, settings: Any) -> None:
    """What nobody could be asked is neither well nor wrong."""
    settings.CONSOLE_DNS = "127.0.0.1:1"
    shop.applied()
    shop.look()
    row = Resource.objects.get(kind="zone", product=shop.product)
    assert (row.waits_for, "The resolver 127.0.0.1 did not answer" in row.told["unknown"]) == ("", True)


def test_hand_made_cnames_become_aliases_and_no_other_record_is_touched(estate: Estate) -> None:
    before = records(estate)
    estate.look()
    change = next(one for one in estate.plan().changes if one.address == RECORDS)
    told = {field.name: (field.old, field.new) for field in change.fields}
    assert told["records.CNAME.values"] == ("d1timcdev0000.cloudfront.net", None)
    assert told["records.AAAA.alias"] == (None, f"{MEDIA}/tim-combo-dev")
    since = estate.cloud.next_call()
    estate.applied(RECORDS)
    assert estate.writes(since) == ["ChangeResourceRecordSets"]
    after = records(estate)
    changed = {key for key in before | after if before.get(key) != after.get(key)}
    assert changed == {("dev.tim-combo.com", kind) for kind in ("A", "AAAA", "CNAME")}


def test_the_oldest_protocol_is_raised(estate: Estate) -> None:
    estate.look()
    change = next(one for one in estate.plan().changes if one.address == PROD)
    assert ("tls", "TLSv1.2_2019", "TLSv1.2_2021") in [tuple(field) for field in change.fields]
    assert ("web_acl", None, "tim-combo-prod") in [tuple(field) for field in change.fields]


def test_a_certificate_that_somebody_deleted_is_asked_for_again(shop: Estate) -> None:
    """AWS: what ACM does not know is answered with 400."""
    shop.applied()
    own = shop.cloud.client("cloudfront", "media", "estate")
    live = shop.product.environments.get()
    answer = own.get_distribution_config(Id=live.distribution_id)
    config = answer["DistributionConfig"] | {"ViewerCertificate": {"CloudFrontDefaultCertificate": True}}
    config["Aliases"] = {"Quantity": 0}
    own.update_distribution(Id=live.distribution_id, IfMatch=answer["ETag"], DistributionConfig=config)
    acm(shop).delete_certificate(CertificateArn=Resource.objects.get(kind="certificate", name=DOMAIN).aws_id)
    shop.look()
    assert shop.state("certificate", DOMAIN) == "missing"
    # ACM gives the same answer to the same wish for an hour; here it was deleted, so another one is made.
    shop.applied()
    shop.look()
    assert shop.plan().changes == ()


def test_a_name_as_long_as_dns_allows_is_kept(shop: Estate) -> None:
    from dns.models import Hostname

    label = "a" * 60
    long = ".".join([label, label, label, "b" * 50, DOMAIN])
    Hostname.objects.filter(name=f"www.{DOMAIN}").update(name=long)
    shop.look()
    assert Resource.objects.get(kind="host-records", name=long).observed is None


def test_a_proof_that_somebody_removed_is_missed_and_made_again(estate: Estate) -> None:
    estate.adopted()
    name = Resource.objects.get(kind="certificate", name="tim-combo.com").told["record"]
    put(estate, "DELETE", records(estate)[name, "CNAME"])
    estate.look()
    assert estate.state("proof", f"tim-combo.com:{MEDIA}") == "missing"
    estate.applied()
    assert (name, "CNAME") in records(estate)


def test_records_changed_by_hand_are_named_and_put_back(estate: Estate) -> None:
    estate.adopted()
    there = records(estate)["dev.tim-combo.com", "AAAA"]
    put(estate, "DELETE", there)
    estate.look()
    assert estate.state("host-records", "dev.tim-combo.com") == "drift"
    estate.applied(RECORDS)
    assert records(estate)["dev.tim-combo.com", "AAAA"] == there


def test_records_with_a_routing_policy_are_left_alone_and_said(estate: Estate) -> None:
    there = records(estate)["dev.tim-combo.com", "CNAME"]
    put(estate, "UPSERT", {**there, "SetIdentifier": "blue", "Weight": 1})
    estate.look()
    assert "routing policy" in Resource.objects.get(kind="host-records", name="dev.tim-combo.com").error
    assert [one.name for one in estate.plan().unseen] == ["dev.tim-combo.com"]


def test_two_zones_of_one_name_are_not_chosen_from(estate: Estate) -> None:
    from dns.models import HostedZone

    made = r53(estate).create_hosted_zone(Name="tim-combo.com", CallerReference="by hand again")
    HostedZone.objects.filter(product__slug=PRODUCT).update(zone_id="")
    estate.look()
    error = Resource.objects.get(kind="zone", name="tim-combo.com").error
    assert "There are 2 hosted zones of tim-combo.com" in error
    assert made["HostedZone"]["Id"].rsplit("/", 1)[-1] in error


def test_a_hostname_that_the_certificate_does_not_cover_is_refused_in_words(shop: Estate) -> None:
    from dns.models import Hostname

    Hostname.objects.filter(name=f"www.{DOMAIN}").update(name=f"a.b.{DOMAIN}")
    shop.look()
    run = shop.carry_out(shop.apply().run_id)
    assert run.state == "failed"
    assert f"The certificate {DOMAIN} does not cover all of a.b.{DOMAIN}, {DOMAIN}" in run.error


def test_rules_changed_by_hand_are_put_back_and_block_when_told(shop: Estate) -> None:
    shop.applied()
    (acl,) = waf(shop).list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    which = {"Name": acl["Name"], "Id": acl["Id"], "Scope": "CLOUDFRONT"}
    answer = waf(shop).get_web_acl(**which)
    kept = {name: answer["WebACL"][name] for name in ("DefaultAction", "VisibilityConfig")}
    waf(shop).update_web_acl(**which, **kept, LockToken=answer["LockToken"], Rules=[])
    shop.look()
    assert shop.state("web-acl", "shop-live") == "drift"
    shop.product.environments.update(web_acl="block")
    shop.applied()
    rules = waf(shop).get_web_acl(**which)["WebACL"]["Rules"]
    assert [list(one.get("OverrideAction", one.get("Action", {}))) for one in rules] == [["None"]] * 4 + [
        ["Block"]
    ]


def test_what_somebody_set_besides_in_a_group_stays(shop: Estate) -> None:
    """Often the rule that stops uploads of more than 8 KB is overridden."""
    shop.applied()
    (acl,) = waf(shop).list_web_acls(Scope="CLOUDFRONT")["WebACLs"]
    which = {"Name": acl["Name"], "Id": acl["Id"], "Scope": "CLOUDFRONT"}
    answer = waf(shop).get_web_acl(**which)
    kept = {name: answer["WebACL"][name] for name in ("DefaultAction", "VisibilityConfig", "Rules")}
    common = kept["Rules"][1]["Statement"]["ManagedRuleGroupStatement"]
    common["RuleActionOverrides"] = [{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}]
    waf(shop).update_web_acl(**which, **kept, LockToken=answer["LockToken"], Description="Ours")
    shop.look()
    assert shop.plan().changes == ()
    shop.product.environments.update(web_acl="block")
    shop.applied()
    told = waf(shop).get_web_acl(**which)["WebACL"]
    assert told["Description"] == "Ours"
    group = told["Rules"][1]["Statement"]["ManagedRuleGroupStatement"]
    assert group["RuleActionOverrides"][0]["Name"] == "SizeRestrictions_BODY"
    assert told["Rules"][1]["OverrideAction"] == {"None": {}}


def test_the_web_acl_goes_after_its_distribution_and_the_records_first(shop: Estate) -> None:
    """Decommissioning: visitors are led away before what served them is taken down; zone, certificate and proof stay."""
    shop.applied()
    live = shop.product.environments.get()
    live.hostnames.all().delete()
    live.delete()
    shop.look()
    gone = [change.address.kind for change in shop.plan().changes if change.action == "delete"]
    assert gone.index("host-records") < gone.index("distribution") < gone.index("web-acl")
    assert not {"zone", "certificate", "proof"} & set(gone)
    shop.applied()
    assert waf(shop).list_web_acls(Scope="CLOUDFRONT")["WebACLs"] == []
    assert answers(shop, DOMAIN, "A") == []


def test_an_account_without_the_role_for_dns_is_said(shop: Estate) -> None:
    from products.models import AccountRole

    apply = shop.apply()
    AccountRole.objects.filter(purpose="dns").delete()
    run = shop.carry_out(apply.run_id)
    assert (run.state, "names no role for the purpose dns" in run.error) == ("failed", True)


def test_a_domain_of_another_provider_says_which_record_it_needs(shop: Estate) -> None:
    shop.product.hosted_zone.delete()
    shop.look()
    assert not {"zone", "proof", "host-records"} & {change.address.kind for change in shop.plan().changes}
    run = _until_it_waits(shop, shop.apply().run_id, "Make a CNAME _")
    assert f".{DOMAIN} with the value _" in run.waiting_for


def test_a_stray_name_is_found_removed_and_brought_back(estate: Estate, client: Client) -> None:
    estate.look()
    client.force_login(estate.admin)
    page = client.get("/products/tim-combo/domains/").content.decode()
    assert "old.tim-combo.com" in page
    assert "CNAME d1gone0000000.cloudfront.net" in page
    before = records(estate)
    asked = {"verb": "remove", "hostname": "old.tim-combo.com", "reason": "TC-970"}
    answer = client.post("/products/tim-combo/domains/", asked)
    assert answer.headers["Location"].startswith("/products/tim-combo/estate/applied/")
    assert estate.carry_out(Apply.objects.get().run_id).state == "succeeded"
    assert before.keys() - records(estate).keys() == {("old.tim-combo.com", "CNAME")}
    shown = client.get("/products/tim-combo/domains/").content.decode()
    assert "Names that lead to somebody else" not in shown
    assert "Bring back what was there" in shown
    undo = {"verb": "undo", "change": PlannedChange.objects.get().pk, "reason": "TC-971"}
    client.post("/products/tim-combo/domains/", undo)
    assert estate.carry_out(Apply.objects.latest("pk").run_id).state == "succeeded"
    assert records(estate) == before


def test_aliases_become_the_cnames_again_when_it_is_undone(estate: Estate) -> None:
    before = records(estate)
    estate.look()
    estate.applied(RECORDS)
    planned = PlannedChange.objects.select_related("account", "apply__product").get()
    apply = undo_records(actor=estate.admin, planned=planned, reason="TC-972")
    assert estate.product.environments.get(name="dev").scope in apply.run.scope_names
    assert estate.carry_out(apply.run_id).state == "succeeded"
    assert records(estate) == before


def test_what_somebody_changed_since_is_not_undone(estate: Estate) -> None:
    estate.look()
    estate.applied(RECORDS)
    there = records(estate)["dev.tim-combo.com", "A"]
    target = {**there["AliasTarget"], "DNSName": "d1timctest000.cloudfront.net."}
    put(estate, "UPSERT", {**there, "AliasTarget": target})
    planned = PlannedChange.objects.select_related("account", "apply__product").get()
    run = estate.carry_out(undo_records(actor=estate.admin, planned=planned, reason="x").run_id)
    assert (run.state, "was changed by somebody since the plan" in run.error) == ("failed", True)


def test_only_a_change_of_records_that_was_made_is_undone(estate: Estate) -> None:
    estate.look()
    estate.applied(Address("bucket", MEDIA, "tim-app-dev-855652006097"))
    planned = PlannedChange.objects.select_related("account", "apply__product").get()
    with pytest.raises(Refused, match="Only a change of records"):
        undo_records(actor=estate.admin, planned=planned, reason="x")


def test_a_name_that_is_not_stray_is_not_removed(estate: Estate) -> None:
    estate.look()
    with pytest.raises(Refused, match=r"No name dev\.tim-combo\.com was seen"):
        remove_records(actor=estate.admin, product=estate.product, hostname="dev.tim-combo.com", reason="x")


def test_the_page_says_what_is_wrong_with_each_hostname(estate: Estate, client: Client) -> None:
    client.force_login(estate.admin)
    assert "Nobody has looked yet." in client.get("/products/tim-combo/domains/").content.decode()
    estate.look()
    page = client.get("/products/tim-combo/domains/").content.decode()
    assert "It leads here by a CNAME" in page
    assert "It has no AAAA record" in page
    assert "Nothing leads to it: it has no address records." not in page
    estate.applied()
    page = client.get("/products/tim-combo/domains/").content.decode()
    assert "All 6 hostnames work." in page
    assert f"A alias {MEDIA}/tim-combo-dev" in page
    estate.cloud.control(
        "POST", "/delegate", {"domain": "tim-combo.com", "name_servers": ["ns1.parked.example"]}
    )
    estate.look()
    page = client.get("/products/tim-combo/domains/").content.decode()
    assert "6 of 6 hostnames do not work." in page
    assert "its registrar names ns1.parked.example" in page


def test_a_viewer_sees_domains_and_changes_nothing(estate: Estate, client: Client) -> None:
    estate.look()
    type(estate.admin).objects.filter(pk=estate.admin.pk).update(role="viewer")
    estate.admin.refresh_from_db()
    client.force_login(estate.admin)
    assert "Remove its records" not in client.get("/products/tim-combo/domains/").content.decode()
    client.post("/products/tim-combo/domains/", {"hostname": "old.tim-combo.com", "reason": "x"})
    assert not Apply.objects.exists()
