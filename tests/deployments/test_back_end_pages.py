"""What the pages say of back ends that are there: releases, environments, the matrix."""

from datetime import timedelta

import pytest
from django.utils import timezone

from deployments.handlers import Handlers
from deployments.models import (
    CodeCopy,
    Deployment,
    EnvironmentState,
    Fleet,
    KnownFunction,
    Readiness,
)
from deployments.services.promote import promote
from products.models import Account, Environment, Product
from runs.models import Run, RunState
from tests.deployments import fleets
from tests.deployments.back_ends import (
    NAMES,
    back_end_only,
    partly_live,
    put_fleet,
    read,
)
from tests.deployments.rows import end
from tests.examples import person
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

TEST = "/products/tim-combo/environments/test"


# Releases


def test_a_release_shows_the_handlers_that_differ_from_those_that_run(
    deployed: Deployment, product: Product, manager: User
) -> None:
    mixed = Handlers.of(
        [fleets.handler(NAMES[0], "3"), fleets.handler(NAMES[1], "2"), fleets.handler("new-one")]
    )
    back_end_only(product, "3.0.0", manager, mixed)
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert "3; against 2.0.0 2 differ, 1 is the same, 1 is no longer in it" in text
    assert NAMES[0] in text
    assert NAMES[1] not in text
    every = read(manager, "/products/tim-combo/releases/3.0.0/?all=1")
    assert NAMES[1] in every
    assert NAMES[0] not in read(manager, "/products/tim-combo/releases/3.0.0/?q=new")


def test_a_release_without_another_that_runs_shows_all(product: Product, manager: User) -> None:
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES, "3"))
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert all(name in text for name in NAMES)
    assert "<b>backend</b>" in text
    assert "3 handlers," in text


def test_a_passport_names_every_stop(product: Product, manager: User) -> None:
    handlers = fleets.release(NAMES, "3")
    back_end_only(product, "3.0.0", manager, handlers)
    sha256 = handlers.by_name[NAMES[0]].sha256
    first = CodeCopy.objects.create(
        account=Account.objects.get(name="development"),
        bucket="tim-dev-lambda",
        key="handlers/one.zip",
        version_id="v-source",
        sha256=sha256,
        size=100,
    )
    CodeCopy.objects.create(
        account=Account.objects.get(name="sandbox"),
        bucket="tim-sb-be-live",
        key="handlers/one.zip",
        version_id="v-copied",
        sha256=sha256,
        size=100,
        copied_from=first,
    )
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert "tim-sb-be-live/handlers/one.zip" in text
    assert text.index("v-source") < text.index("v-copied")
    assert '<td role="cell" class="quiet">tim-dev-lambda</td>' in text


def test_a_release_of_a_back_end_can_go_where_there_is_one(product: Product, manager: User) -> None:
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES, "3"))
    text = read(manager, "/products/tim-combo/releases/3.0.0/")
    assert "/environments/dev/promote/3.0.0/" in text


def test_other_pages_hold_with_a_release_of_a_back_end_alone(
    deployed: Deployment, product: Product, manager: User
) -> None:
    back_end_only(product, "3.0.0", manager, fleets.release(NAMES, "3"))
    for address in (
        "/",
        "/releases/",
        "/deployments/",
        TEST + "/",
        "/products/tim-combo/compare/?left=rel-1.0.0&right=rel-2.0.0",
        "/products/tim-combo/compare/?left=rel-3.0.0&right=env-test",
    ):
        read(manager, address)


# Environments


def test_an_environment_shows_its_back_end(deployed: Deployment, manager: User) -> None:
    text = read(manager, TEST + "/")
    assert '<span class="mono">tim-sb-*</span>, 3 of them' in text
    assert "the API calls the alias live" in text
    assert "3.0 GB of 80.5 GB, 3.7" in text
    assert "Flux Systems" in text
    assert "edited by hand" not in text


def test_an_old_sight_is_amber(deployed: Deployment, manager: User) -> None:
    Fleet.objects.update(observed_at=timezone.now() - timedelta(hours=1))
    assert "Old</span>" in read(manager, TEST + "/")


def test_a_way_back_is_open_closed_or_unknown(deployed: Deployment, test: Environment, manager: User) -> None:
    assert "Nobody has looked since the last deployment." in read(manager, TEST + "/")
    open_way = {"half": "", "to": "1.0.0", "files": [], "handlers": []}
    closed = {"half": "backend", "to": "0.9.0", "files": [], "handlers": ["orders-get: it is gone."]}
    now = timezone.now()
    row = Readiness.objects.create(environment=test, ways=[open_way, closed], seen_at=now, asked_at=now)
    text = read(manager, TEST + "/")
    assert "To 1.0.0" in text
    assert "Back end alone, to 0.9.0" in text
    assert "orders-get: it is gone." in text
    assert text.count("Not open</span>") == 1
    assert "Way back not open" in text
    Readiness.objects.update(ways=[])
    assert "There is nothing to go back to yet." in read(manager, TEST + "/")
    EnvironmentState.objects.update(changed_at=now + timedelta(seconds=1))
    assert "Nobody has looked since the last deployment." in read(manager, TEST + "/")
    row.run = Run.objects.create(kind="readiness", title="Look", state=RunState.FAILED, error="No role.")
    row.save(update_fields=["run"])
    assert "The last look failed: No role." in read(manager, TEST + "/")


def test_what_was_edited_by_hand_can_be_seen_and_put_back(deployed: Deployment, manager: User) -> None:
    KnownFunction.objects.filter(name="orders-get").update(version="1")
    text = read(manager, TEST + "/")
    assert "1 handler was edited by hand." in text
    assert 'live version <span class="mono">1</span> → <span class="mono">2</span>' in text
    assert f'href="{TEST}/promote/2.0.0/?half=backend"' in text


def test_configuration_that_was_edited_is_accepted_and_not_offered_to_be_put_back(
    deployed: Deployment, manager: User
) -> None:
    fleet = Fleet.objects.get()
    fleet.known.filter(name=NAMES[0]).update(memory=512)
    text = read(manager, TEST + "/")
    assert "No deployment puts back orders-create: " in text
    assert "half=backend" not in text
    address = f"{TEST}/back-end/accept/"
    assert f'action="{address}"' in text
    assert "/back-end/accept/" not in read(person(Role.VIEWER), TEST + "/")
    assert visitor(manager).post(address, {"reason": ""}).status_code == 422
    assert visitor(manager).post(address, {"reason": "It needs less."}).status_code == 302
    assert "edited by hand" not in read(manager, TEST + "/")
    refused = visitor(manager).post(address, {"reason": "Again."})
    assert (refused.status_code, "Nothing was accepted." in refused.text) == (409, True)


def test_a_handler_that_what_runs_does_not_hold_is_not_put_back(deployed: Deployment, manager: User) -> None:
    fleet = Fleet.objects.get()
    functions = fleet.functions or {}
    fleet.functions = {**functions, "old-one": {**functions[NAMES[0]], "sha256": "9" * 64}}
    fleet.save()
    fleet.known.create(name="old-one", sha256="8" * 64)
    fleet.known.filter(name=NAMES[1]).update(sha256="7" * 64)
    text = read(manager, TEST + "/")
    assert "2 handlers were edited by hand." in text
    assert "No deployment puts back old-one: " in text
    assert f'href="{TEST}/promote/2.0.0/?half=backend"' in text


def test_whoever_steers_can_have_it_looked_at(test: Environment, manager: User) -> None:
    assert "nobody has looked yet" in read(manager, TEST + "/")
    assert visitor(manager).post(f"{TEST}/look/").status_code == 302
    assert "looking now" in read(manager, TEST + "/")
    assert visitor(manager).post(f"{TEST}/look/").status_code == 409
    viewer = person(Role.VIEWER)
    assert f"{TEST}/look/" not in read(viewer, TEST + "/")
    assert visitor(viewer).post(f"{TEST}/look/").status_code == 403


def test_an_environment_without_a_back_end_shows_none(product: Product, manager: User) -> None:
    unknown = product.environments.filter(function_prefix="").first()
    assert unknown is not None
    assert 'id="back-end"' not in read(manager, f"/products/tim-combo/environments/{unknown.name}/")


def test_a_back_end_alone_can_run_and_be_taken_back(
    product: Product, test: Environment, manager: User
) -> None:
    fleet = put_fleet(test, fleets.fleet(NAMES))
    for version in ("1", "2"):
        release = back_end_only(product, f"{version}.0.0", manager, fleets.release(NAMES, version))
        deployment = promote(
            actor=manager, environment=test, release=release, reason="Try.", override="Test."
        )
        end(deployment, RunState.SUCCEEDED)
        Deployment.objects.filter(pk=deployment.pk).update(live_at=timezone.now())
        Fleet.objects.filter(pk=fleet.pk).update(running=deployment)
        EnvironmentState.objects.update(active=None)
    text = read(manager, TEST + "/")
    assert f'href="{TEST}/rollback/"' in text
    assert "Never deployed" not in text
    assert "calls the handlers of 1.0.0 again" in read(manager, f"{TEST}/rollback/")


# The matrix


def test_a_partly_live_back_end_is_its_own_state(manager: User) -> None:
    part = partly_live(manager)
    EnvironmentState.objects.update(active=None, failed=part)
    matrix = read(manager, "/")
    assert 'data-state="part"' in matrix
    assert "2 of 3 handlers of 2.0.0" in matrix
    assert "2.0.0 is partly live." in read(manager, TEST + "/")
    assert "Partly live" in read(manager, "/deployments/")
