"""Accounts, products and environments: what each service saves, refuses and records."""

from typing import Any

import pytest

from audit.models import Event
from products.access import access_for
from products.models import Account, Environment, Product, Purpose
from products.selectors import account_for, environment_for, product_for
from products.services import (
    create_account,
    create_environment,
    create_product,
    edit_account,
    edit_environment,
    edit_product,
)
from runs.models import Run, RunScope
from users.models import User
from users.refusals import Forbidden, Invalid, Missing, WrongState

pytestmark = pytest.mark.django_db
ROLE = "arn:aws:iam::111122223333:role/deploy-console-deploy"
ACCOUNT = {"name": "edge", "aws_id": "111122223333", "tier": "prod", "region": "eu-west-1", "description": ""}


def settings(environment: Environment, actor: User | None, revision: int = 1, **values: Any) -> Environment:
    confirm = values.pop("confirm", "")
    return edit_environment(
        actor=actor,
        environment=environment,
        values=values,
        revision=revision,
        reason="Moved",
        confirm=confirm,
    )


def test_an_account_gets_one_external_id_that_stays(admin: User) -> None:
    account = create_account(actor=admin, values=ACCOUNT, roles={"deploy": ROLE})
    chosen = access_for(account, Purpose.DEPLOY).external_id
    edit_account(
        actor=admin,
        account=account,
        values={"tier": "nonprod"},
        roles={"read": ROLE.replace("deploy-console-deploy", "r")},
    )
    again = account_for(admin, "edge")
    assert {role.external_id for role in again.roles.all()} == {chosen}
    assert again.tier == "nonprod"
    assert Event.objects.get(action="account.edit").after == {
        "tier": "nonprod",
        "read_role": "arn:aws:iam::111122223333:role/r",
    }
    assert access_for(again, Purpose.DEPLOY).account_id == "111122223333"
    with pytest.raises(Missing, match="no role for the purpose dns"):
        access_for(again, Purpose.DNS)


def test_a_role_of_another_account_is_refused_and_nothing_stays(admin: User) -> None:
    with pytest.raises(Invalid, match="names another account"):
        create_account(actor=admin, values=ACCOUNT, roles={"deploy": ROLE.replace("1111", "9999")})
    assert not Account.objects.exists()


def test_a_role_is_removed_by_an_empty_arn(admin: User) -> None:
    account = create_account(actor=admin, values=ACCOUNT, roles={"deploy": ROLE})
    edit_account(actor=admin, account=account, values={}, roles={"deploy": ""})
    assert not account.roles.exists()
    with pytest.raises(Invalid, match="Nothing differs"):
        edit_account(actor=admin, account=account, values={}, roles={"deploy": ""})


def test_a_product_is_made_and_keeps_its_slug(admin: User, estate: None) -> None:
    media = Account.objects.get(name="media")
    values = {
        "slug": "docs",
        "name": "Docs",
        "domain": "docs.example.com",
        "artifact_account": media,
        "artifact_bucket": "docs-releases",
    }
    product = create_product(actor=admin, values=values)
    edit_product(actor=admin, product=product, values={"name": "Documents"})
    event = Event.objects.get(action="product.edit")
    assert (event.before, event.after, event.product) == ({"name": "Docs"}, {"name": "Documents"}, "docs")
    with pytest.raises(Invalid, match="The slug of a product stays"):
        edit_product(actor=admin, product=product, values={"slug": "other"})
    with pytest.raises(Invalid, match="meaning of its own"):
        create_product(actor=admin, values={**values, "slug": "new"})


def test_an_environment_is_added_last(admin: User, dev: Environment) -> None:
    values = {
        "name": "preview",
        "kind": "app",
        "cache_profile": "short",
        "frontend_account": dev.frontend_account,
        "bucket": "tim-app-preview-855652006097",
        "requires": dev,
    }
    made = create_environment(actor=admin, product=dev.product, values=values, reason="Previews")
    assert (made.position, made.settings_revision) == (5, 1)
    for name in ("any", "backend", "new"):
        with pytest.raises(Invalid, match="meaning of its own"):
            create_environment(actor=admin, product=dev.product, values={**values, "name": name}, reason="x")
    with pytest.raises(Invalid, match="already exists"):
        create_environment(actor=admin, product=dev.product, values=values, reason="x")


def test_settings_are_saved_with_before_and_after(admin: User, dev: Environment) -> None:
    saved = settings(dev, admin, cache_profile="medium", distribution_id="E25ON3LWW4KFNF")
    assert (saved.cache_profile, saved.settings_revision) == ("medium", 2)
    event = Event.objects.get(action="environment.edit")
    assert event.before == {
        "cache_profile": "short",
        "distribution_id": "E1TIMCDEV00000",
        "settings_revision": 1,
    }
    assert event.after == {
        "cache_profile": "medium",
        "distribution_id": "E25ON3LWW4KFNF",
        "settings_revision": 2,
    }


def test_settings_read_before_somebody_else_saved_are_refused(admin: User, dev: Environment) -> None:
    settings(dev, admin, cache_profile="medium")
    with pytest.raises(WrongState, match="they are at revision 2, you read 1"):
        settings(dev, admin, cache_profile="long")
    settings(dev, admin, revision=2, cache_profile="long")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"distribution_domain": "E25ON3LWW4KFNF.cloudfront.net"}, "not like its id"),
        ({"distribution_id": "d111.cloudfront.net"}, "looks like E25ON3LWW4KFNF"),
        ({"bucket": "Bucket_1"}, "3 to 63"),
        ({"api_origin": "http://api.example.com"}, "https address"),
        ({"backend_account": None}, "A back end needs its account"),
        ({"name": "other"}, "The name of an environment stays"),
        ({"cache_profile": "short"}, "Nothing differs"),
    ],
)
def test_settings_that_do_not_hold(admin: User, dev: Environment, values: dict[str, Any], text: str) -> None:
    with pytest.raises(Invalid, match=text):
        settings(dev, admin, **values)
    assert environment_for(admin, "tim-combo", "dev").settings_revision == 1


def test_a_promotion_path_only_goes_forwards(admin: User, dev: Environment, prod: Environment) -> None:
    with pytest.raises(Invalid, match="comes before this one"):
        settings(dev, admin, requires=prod)
    settings(prod, admin, requires=dev)


def test_where_a_protected_environment_is_served_from_needs_its_name(admin: User, prod: Environment) -> None:
    with pytest.raises(Invalid, match="Tim-Combo prod is protected") as refused:
        settings(prod, admin, bucket="tim-app-other-855652006097", confirm="Prod")
    assert "confirm" in refused.value.details["errors"]
    settings(prod, admin, cache_profile="long")
    settings(prod, admin, revision=2, bucket="tim-app-other-855652006097", confirm="prod")


def test_lifting_the_protection_needs_the_name_too(admin: User, prod: Environment) -> None:
    with pytest.raises(Invalid, match="is protected"):
        settings(prod, admin, protected=False)
    settings(prod, admin, protected=False, confirm="prod")


def test_where_it_is_served_from_stays_while_a_run_works_there(admin: User, dev: Environment) -> None:
    run = Run.objects.create(kind="deploy", title="1.1.0 to Tim-Combo dev")
    held = RunScope.objects.create(scope=dev.scope, run=run)
    with pytest.raises(WrongState, match=r"1\.1\.0 to Tim-Combo dev is under way"):
        settings(dev, admin, bucket="tim-app-other-855652006097")
    settings(dev, admin, cache_profile="long")
    held.delete()
    settings(dev, admin, revision=2, bucket="tim-app-other-855652006097")


def test_only_admins_edit(manager: User, dev: Environment) -> None:
    with pytest.raises(Forbidden):
        settings(dev, manager, cache_profile="long")
    with pytest.raises(Forbidden):
        edit_product(actor=manager, product=dev.product, values={"name": "x"})
    with pytest.raises(Forbidden):
        edit_account(actor=manager, account=dev.frontend_account, values={"tier": "prod"}, roles={})
    assert Event.objects.filter(result="refused").count() == 3


def test_what_does_not_exist_names_what_does(viewer: User, estate: None) -> None:
    with pytest.raises(Missing, match=r"no product called 'x'. There are: flux-systems, tim-combo\."):
        product_for(viewer, "x")
    with pytest.raises(Missing, match=r"Tim-Combo called 'x'. There are: dev, test, stage, prod, static\."):
        environment_for(viewer, "tim-combo", "x")
    with pytest.raises(Missing, match="no product called 'x'"):
        environment_for(viewer, "x", "dev")
    with pytest.raises(Missing, match="There are: development, media, sandbox"):
        account_for(viewer, "x")


def test_somebody_without_a_role_sees_nothing(viewer: User, estate: None) -> None:
    viewer.role = "none"
    with pytest.raises(Forbidden):
        environment_for(viewer, "tim-combo", "dev")
    assert Product.objects.exists()
