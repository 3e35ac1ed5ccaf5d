"""The roles of an account, kept by the console where its owner lets it."""

import html
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from django.core.exceptions import ValidationError
from django.test import Client

from devcloud.identity import WORKER_ARN
from provisioning.models import Resource
from provisioning.shapes import Address
from tests.owner import iam_of, install_boundary, install_shown, remove_role
from tests.provisioning.conftest import MEDIA, Estate
from tests.provisioning.shops import new_shop

READ, DEPLOY, ZONE = "deploy-console-read", "deploy-console-deploy", "Z0TIMCOMBO0000000000"
KINDS = ("role", "role-policy", "deploy-policy")
EVERYTHING = "arn:aws:iam::aws:policy/AdministratorAccess"
BOUNDARY = f"arn:aws:iam::{MEDIA}:policy/deploy-console-boundary"


@pytest.fixture(autouse=True)
def _within_rights(estate: Estate, kept_roles: None) -> None:
    """No account lets the console do more than is shown."""
    for account in ("media", "development", "sandbox"):
        install_shown(estate.cloud, account, "access")


def of_roles(estate: Estate, *accounts: str) -> list[Address]:
    changes = [change.address for change in estate.plan().changes]
    return [a for a in changes if a.kind in KINDS and (not accounts or a.account in accounts)]


def kept(estate: Estate) -> None:
    estate.look()
    estate.applied(*of_roles(estate))


def test_roles_made_by_hand_are_adopted_and_narrowed(estate: Estate) -> None:
    kept(estate)
    iam = iam_of(estate.cloud, "media")
    for purpose in ("read", "deploy", "estate", "dns"):
        name = f"deploy-console-{purpose}"
        role = iam.get_role(RoleName=name)["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
        assert iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"] == []
        assert iam.list_role_policies(RoleName=name)["PolicyNames"] == ["console"]
    assert of_roles(estate) == []
    since = estate.cloud.next_call()
    estate.look()
    assert of_roles(estate) == []
    assert estate.writes(since) == []


def test_everything_works_within_the_rights_that_are_written(estate: Estate) -> None:
    """All of the product by roles that may do what is written, and nothing else."""
    kept(estate)
    estate.applied()
    assert estate.plan().changes == ()


def test_where_there_is_no_role_yet_they_are_made_first(estate: Estate) -> None:
    """The rest of the account is not seen until then; rights hold a while after they were written."""
    estate.cloud.settings(iam_seconds=1.0)
    for purpose in ("read", "deploy", "estate", "dns"):
        remove_role(estate.cloud, "media", f"deploy-console-{purpose}")
    estate.look()
    plan = estate.plan()
    assert any(address.kind == "bucket" for address in plan.unseen)
    mine = of_roles(estate, MEDIA)
    assert {c.action for c in plan.changes if c.address in mine} == {"create"}
    estate.applied(*mine)
    assert estate.state("role", READ) == "sync"
    assert not estate.plan().unseen
    estate.applied()
    assert estate.plan().changes == ()


def test_a_new_bucket_is_let_into_the_policies_before_it_is_made(estate: Estate) -> None:
    kept(estate)
    estate.new_bucket("dev", "tim-app-other-855652006097")
    estate.look()
    changes = [(one.address.kind, one.address.name) for one in estate.plan().changes]
    policies = [changes.index(("role-policy", f"deploy-console-{purpose}")) for purpose in ("read", "estate")]
    assert max(policies) < changes.index(("bucket", "tim-app-other-855652006097"))
    estate.applied()
    assert estate.state("deploy-policy", DEPLOY) == "sync"


def _let_others_in(iam: Any) -> None:
    document = iam.get_role(RoleName=DEPLOY)["Role"]["AssumeRolePolicyDocument"]
    document["Statement"].append(
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
            "Action": "sts:AssumeRole",
        }
    )
    iam.update_assume_role_policy(RoleName=DEPLOY, PolicyDocument=json.dumps(document))


def _inline(iam: Any) -> None:
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    iam.put_role_policy(RoleName=DEPLOY, PolicyName="quick-fix", PolicyDocument=text)


def _take_away(iam: Any) -> None:
    iam.delete_role_permissions_boundary(RoleName=DEPLOY)
    iam.delete_role_policy(RoleName=DEPLOY, PolicyName="console")
    iam.untag_role(RoleName=DEPLOY, TagKeys=["managed-by"])


def _fields(estate: Estate, kind: str) -> set[str]:
    (change,) = [one for one in estate.plan().changes if one.address == Address(kind, MEDIA, DEPLOY)]
    return {field.name.partition(".")[0] for field in change.fields}


def test_what_somebody_gives_a_role_is_named_and_put_back(estate: Estate) -> None:
    kept(estate)
    iam = iam_of(estate.cloud, "media")
    _inline(iam)
    estate.look()
    assert _fields(estate, "deploy-policy") == {"other_policies"}
    iam.attach_role_policy(RoleName=DEPLOY, PolicyArn=EVERYTHING)
    _let_others_in(iam)
    _take_away(iam)
    estate.look()
    assert _fields(estate, "role") == {"trust", "boundary", "tags"}
    assert _fields(estate, "deploy-policy") == {"other_policies", "statements"}
    estate.applied(Address("role", MEDIA, DEPLOY), Address("deploy-policy", MEDIA, DEPLOY))
    estate.look()
    assert [estate.state(kind, DEPLOY) for kind in ("role", "deploy-policy")] == ["sync", "sync"]
    assert iam.list_attached_role_policies(RoleName=DEPLOY)["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName=DEPLOY)["PolicyNames"] == ["console"]


def test_without_the_boundary_no_role_is_kept(estate: Estate) -> None:
    estate.look()
    iam_of(estate.cloud, "media").delete_policy(PolicyArn=BOUNDARY)
    run = estate.carry_out(estate.apply(Address("role", MEDIA, READ)).run_id)
    assert run.state == "failed"
    assert f"the policy {BOUNDARY}, which is not there" in run.error


def test_more_than_aws_lets_a_role_have_is_said_in_words(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from provisioning.kinds import role_policy

    kept(estate)
    monkeypatch.setattr(role_policy, "CHARACTERS", 200)
    estate.new_bucket("dev", "tim-app-other-855652006097")
    estate.look()
    run = estate.carry_out(estate.apply(Address("role-policy", MEDIA, READ)).run_id)
    assert "characters, and AWS lets a role have 200" in run.error


def test_a_lost_answer_makes_no_second_role(estate: Estate) -> None:
    remove_role(estate.cloud, "media", DEPLOY)
    estate.look()
    fault = estate.cloud.faults("iam", "CreateRole", "lost_reply", count=1)
    estate.applied(*of_roles(estate, MEDIA))
    assert not estate.cloud.waits(fault)
    assert estate.state("role", DEPLOY) == "sync"


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("create_role", {"RoleName": DEPLOY, "AssumeRolePolicyDocument": "{}"}),
        (
            "put_role_policy",
            {"RoleName": "deploy-console-access", "PolicyName": "more", "PolicyDocument": "{}"},
        ),
        ("put_role_policy", {"RoleName": DEPLOY, "PolicyName": "more", "PolicyDocument": "{}"}),
        ("attach_role_policy", {"RoleName": READ, "PolicyArn": EVERYTHING}),
        ("delete_role_permissions_boundary", {"RoleName": READ}),
        ("put_role_permissions_boundary", {"RoleName": READ, "PermissionsBoundary": EVERYTHING}),
        ("delete_role", {"RoleName": READ}),
        ("list_roles", {}),
    ],
)
def test_who_keeps_roles_gives_nobody_more_than_the_boundary(
    estate: Estate, operation: str, asked: dict[str, Any]
) -> None:
    """A role that is not held by the boundary is out of its reach, and so is its own."""
    iam = estate.cloud.client("iam", "media", "access", region="us-east-1")
    with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
        getattr(iam, operation)(**asked)


def test_what_a_policy_allows_beyond_the_boundary_is_refused(estate: Estate) -> None:
    kept(estate)
    iam_of(estate.cloud, "media").attach_role_policy(RoleName=DEPLOY, PolicyArn=EVERYTHING)
    estate.cloud.settings(iam_seconds=0)
    iam = estate.cloud.client("iam", "media", "deploy", region="us-east-1")
    with pytest.raises(iam.exceptions.ClientError, match="AccessDenied"):
        iam.put_role_policy(RoleName=DEPLOY, PolicyName="more", PolicyDocument="{}")


def test_only_where_the_owner_lets_it_are_roles_kept(estate: Estate, settings: Any) -> None:
    from products.models import AccountRole

    AccountRole.objects.filter(account__name="media", purpose="access").delete()
    estate.look()
    assert {address.account for address in of_roles(estate)} == {"532595801838", "455510265254"}
    settings.CONSOLE_WORKER_PRINCIPAL = ""
    assert of_roles(estate) == []
    settings.CONSOLE_WORKER_PRINCIPAL = WORKER_ARN


def test_a_product_in_an_account_without_any_role_is_set_up_by_two_plans(estate: Estate) -> None:
    """The first makes the roles that look and keep, the second all else, with the rights to deploy at its end."""
    from dns.models import HostedZone
    from products.models import Account, Product

    for purpose in ("read", "deploy", "estate"):
        remove_role(estate.cloud, "sandbox", f"deploy-console-{purpose}")
    new_shop("shop")
    sandbox = Account.objects.get(name="sandbox")
    HostedZone.objects.filter(product__slug="shop").delete()
    shop = Product.objects.get(slug="shop")
    shop.artifact_account = sandbox
    shop.save()
    shop.environments.update(frontend_account=sandbox)
    for environment in shop.environments.all():
        environment.hostnames.all().delete()
    estate.slug = "shop"
    estate.look()
    client = Client()
    client.force_login(estate.admin)
    page = client.get("/products/shop/estate/plan/")
    (first,) = re.findall(r'href="([^"]+)">Plan these roles first', page.text)
    assert "Plan these roles first" not in client.get(html.unescape(first)).text
    keys = parse_qs(urlsplit(html.unescape(first)).query)["only"]
    estate.applied(*(Address(*key.split("/")) for key in keys))
    assert not estate.plan().unseen
    estate.applied()
    assert estate.plan().changes == ()
    environment = shop.environments.get()
    policy = iam_of(estate.cloud, "sandbox").get_role_policy(RoleName=DEPLOY, PolicyName="console")
    arn = f"arn:aws:cloudfront::{sandbox.aws_id}:distribution/{environment.distribution_id}"
    assert arn in json.dumps(policy["PolicyDocument"])


def test_the_accounts_page_tells_how_its_roles_stand(estate: Estate) -> None:
    client = Client()
    client.force_login(estate.admin)
    kept(estate)
    iam_of(estate.cloud, "media").attach_role_policy(RoleName=DEPLOY, PolicyArn=EVERYTHING)
    estate.look()
    text = client.get("/accounts/media/").text
    shown = text.partition("Roles that the console keeps")[2].partition("</ul>")[0]
    assert shown.count("In sync") == 9
    assert shown.count("Changed by hand") == 1
    assert BOUNDARY in text
    assert "Roles that the console keeps" in client.get("/accounts/sandbox/").text


def test_the_consoles_own_rounds_see_roles_once_for_all_products(estate: Estate) -> None:
    """AWS lets IAM be asked less often than other services; who asks for a look sees everything."""
    from products.models import Product
    from provisioning.services.look import look_at

    def asked(actor: Any, slug: str) -> int:
        since = estate.cloud.next_call()
        run = estate.carry_out(look_at(actor=actor, product=Product.objects.get(slug=slug)).pk)
        assert run.state == "succeeded", run.error
        return len([call for call in estate.cloud.calls(since, "iam") if call["operation"] == "GetRole"])

    assert asked(None, "tim-combo") > 0
    assert asked(None, "flux-systems") == 0
    assert asked(estate.admin, "flux-systems") > 0


def test_a_boundary_of_an_older_version_is_found_before_a_call_fails_at_it(estate: Estate) -> None:
    kept(estate)
    iam = iam_of(estate.cloud, "media")
    Resource.objects.update(applied_at=None)
    iam.delete_policy(PolicyArn=BOUNDARY)
    narrow = {"Statement": {"Effect": "Allow", "Action": ["s3:*", "cloudfront:*"], "Resource": "*"}}
    iam.create_policy(PolicyName="deploy-console-boundary", PolicyDocument=json.dumps(narrow))
    estate.look()
    assert estate.state("role", READ) == "sync"
    waits = Resource.objects.get(kind="role", name=READ, account__name="media").waits_for
    assert waits.startswith("Its boundary does not name acm:AddTagsToCertificate, acm:DescribeCertificate")
    iam.delete_policy(PolicyArn=BOUNDARY)
    estate.look()
    waits = Resource.objects.get(kind="role", name=READ, account__name="media").waits_for
    assert waits.startswith(f"The policy {BOUNDARY}, its boundary, is not there.")


def test_the_boundary_that_is_shown_lets_every_role_do_what_it_needs(estate: Estate) -> None:
    """In place of the wide one: the whole product is then set up and kept within it."""
    for account in ("media", "development", "sandbox"):
        install_boundary(estate.cloud, account)
    estate.look()
    estate.applied()
    assert estate.plan().changes == ()
    assert not Resource.objects.filter(kind="role").exclude(waits_for="").exists()


def test_roles_that_are_the_owners_again_are_no_longer_looked_at(estate: Estate) -> None:
    from products.models import AccountRole
    from provisioning.selectors import picture_of

    kept(estate)
    AccountRole.objects.filter(purpose="access").delete()
    estate.look()
    picture = picture_of(estate.product)
    assert not [one for one in picture.standings if one.address.kind in KINDS]
    assert not picture.plan.unseen


def test_each_purpose_has_a_role_of_its_own_where_they_are_kept(estate: Estate) -> None:
    from products.models import AccountRole

    access = AccountRole.objects.get(account__name="media", purpose="access")
    read = AccountRole.objects.get(account__name="media", purpose="read")
    read.role_arn = access.role_arn
    with pytest.raises(ValidationError, match="a role of its own"):
        read.full_clean()
    access.delete()
    read.full_clean()


def test_plans_of_two_products_that_share_an_account_keep_its_roles_one_after_the_other(
    estate: Estate,
) -> None:
    from runs.services import Busy

    estate.look()
    estate.apply(*of_roles(estate))
    estate.slug = "flux-systems"
    estate.look()
    with pytest.raises(Busy):
        estate.apply(*of_roles(estate))


def test_a_new_role_that_iam_does_not_know_everywhere_yet_is_waited_for(estate: Estate) -> None:
    """AWS: what was just made may be unknown to the next call."""
    remove_role(estate.cloud, "media", DEPLOY)
    estate.look()
    fault = estate.cloud.faults("iam", "PutRolePolicy", "error", status=404, code="NoSuchEntity", count=2)
    estate.applied(*of_roles(estate, MEDIA))
    assert not estate.cloud.waits(fault)
    assert estate.state("deploy-policy", DEPLOY) == "sync"


@pytest.fixture
def bounded(estate: Estate) -> Any:
    """Every role within the boundary that is shown, and the deploying one with any right besides."""
    kept(estate)
    estate.cloud.settings(iam_seconds=0)
    install_boundary(estate.cloud, "media")
    iam = iam_of(estate.cloud, "media")
    iam.attach_role_policy(RoleName=DEPLOY, PolicyArn=EVERYTHING)
    return iam


def test_within_the_boundary_nothing_that_is_not_the_consoles_is_written(
    estate: Estate, bounded: Any
) -> None:
    """Whatever rights a role is given: no foreign bucket or code, no mail, no whole function, no role."""
    owner, cloud = estate.cloud.client("s3", "media", "owner"), estate.cloud
    place = {"LocationConstraint": "us-east-2"}
    owner.create_bucket(Bucket="terraform-state", CreateBucketConfiguration=place)
    record = {"Name": "tim-combo.com", "Type": "MX", "TTL": 60, "ResourceRecords": [{"Value": "1 mail.x."}]}
    batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]}
    for service, operation, asked in (
        ("s3", "put_object", {"Bucket": "terraform-state", "Key": "state", "Body": b""}),
        ("s3", "get_object", {"Bucket": "terraform-state", "Key": "state"}),
        ("lambda", "update_function_code", {"FunctionName": "payroll", "ZipFile": b""}),
        ("lambda", "delete_function", {"FunctionName": "payroll"}),
        ("route53", "change_resource_record_sets", {"HostedZoneId": ZONE, "ChangeBatch": batch}),
        ("iam", "create_role", {"RoleName": "mine", "AssumeRolePolicyDocument": "{}"}),
    ):
        client = cloud.client(service, "media", "deploy")
        with pytest.raises(client.exceptions.ClientError, match="no permissions boundary allows"):
            getattr(client, operation)(**asked)
    mine = cloud.client("s3", "media", "deploy")
    mine.put_object(Bucket=f"tim-app-dev-{MEDIA}", Key="a", Body=b"a")


def test_who_may_say_who_takes_a_role_gives_no_more_than_the_boundary(estate: Estate, bounded: Any) -> None:
    """AWS binds this to no condition; a role that has the boundary is held by it, whoever takes it."""
    trust = {"Effect": "Allow", "Principal": {"AWS": WORKER_ARN}, "Action": "sts:AssumeRole"}
    keeper = estate.cloud.client("iam", "media", "access", region="us-east-1")
    keeper.update_assume_role_policy(RoleName=DEPLOY, PolicyDocument=json.dumps({"Statement": [trust]}))
    keeper.tag_role(RoleName=DEPLOY, Tags=[{"Key": "a", "Value": "b"}])
    sts = estate.cloud.worker_client("sts")
    keys = sts.assume_role(RoleArn=f"arn:aws:iam::{MEDIA}:role/{DEPLOY}", RoleSessionName="anybody")[
        "Credentials"
    ]
    iam = estate.cloud.worker_client(
        "iam",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    with pytest.raises(iam.exceptions.ClientError, match="no permissions boundary allows"):
        iam.attach_role_policy(RoleName=DEPLOY, PolicyArn=EVERYTHING)


def test_a_role_is_accepted_as_it_is_from_any_product_that_uses_the_account(estate: Estate) -> None:
    from provisioning.services.accept import accept

    kept(estate)
    iam_of(estate.cloud, "media").attach_role_policy(RoleName=DEPLOY, PolicyArn=EVERYTHING)
    estate.look()
    estate.slug = "flux-systems"
    accept(
        actor=estate.admin,
        product=estate.product,
        address=Address("deploy-policy", MEDIA, DEPLOY),
        reason="Until Monday.",
    )
    assert estate.state("deploy-policy", DEPLOY) == "accepted"


def test_the_rights_for_twenty_products_in_one_account_fit_into_its_roles(estate: Estate) -> None:
    """AWS: 10,240 characters for each role, and 6,144 for the boundary."""
    from bench.estate_ground import many_products
    from products.models import Account
    from products.policies import boundary_of
    from provisioning.kinds.policy_document import written
    from provisioning.selectors import ids, wishes_of
    from provisioning.shapes import RolePolicy
    from timcombo_console.estate.importing import import_estate

    import_estate(actor=None, text=yaml.safe_dump(many_products(20), sort_keys=False), name="twenty.yaml")
    estate.slug = "shop-0"
    known = ids()
    lengths = {
        wish.address.name: len(written(wish.shape.statements, wish.address.account, known))
        for wish in wishes_of(estate.product)
        if isinstance(wish.shape, RolePolicy) and wish.address.account == MEDIA
    }
    assert len(lengths) == 5
    assert max(lengths.values()) <= 10_240
    shown = boundary_of(Account.objects.get(name="media"))
    assert shown is not None
    assert len("".join(shown["document"].split())) <= 6_144
