"""The pages of deployment statistics and their CSV: what they say of the rows, and what they ask of the database."""

import csv
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from deployments.models import Deployment
from monitoring.models import Build
from products.models import Environment, Product
from runs.models import Run, RunState, RunStep, StepState
from tests.deployments.back_ends import NAMES, add_back_end, put_fleet
from tests.deployments.fleets import fleet
from tests.deployments.fleets import release as fleet_release
from tests.deployments.rows import environment, estate, ready
from tests.examples import person
from tests.monitoring.history import days_ago, failed, found_degraded, registered, went_live
from tests.users.rows import visitor
from users.models import User
from users.permissions import Role

pytestmark = pytest.mark.django_db

PAGE = "/products/tim-combo/statistics/"
CSV = "/products/tim-combo/statistics.csv"


@pytest.fixture
def product() -> Product:
    return estate()


@pytest.fixture
def manager() -> User:
    return person(Role.RELEASE_MANAGER)


@pytest.fixture
def prod(product: Product) -> Environment:
    return environment(product, "prod")


@pytest.fixture
def browser() -> Client:
    return visitor(person(Role.VIEWER))


@pytest.fixture
def history(product: Product, prod: Environment, manager: User) -> None:
    """In prod: 1.0.0 went live; 1.1.0 was degraded and rolled back after half an hour; 1.2.0 failed before its switch."""
    first = registered(product, "1.0.0", manager, days_ago(10))
    went_live(prod, first, manager, days_ago(9))
    second = went_live(prod, registered(product, "1.1.0", manager, days_ago(7)), manager, days_ago(4))
    found_degraded(second, days_ago(4))
    back = days_ago(4) + timedelta(minutes=30)
    went_live(prod, first, manager, back, kind="rollback")
    Deployment.objects.filter(pk=second.pk).update(rolled_away=True)
    failed(prod, ready(product, "1.2.0", manager), manager, days_ago(1))


def words(answer: Any, status: int = 200) -> str:
    """The text of a page, each piece of white space as one blank."""
    assert answer.status_code == status, answer.content
    return re.sub(r"\s+", " ", strip_tags(re.sub("<", " <", answer.content.decode())))


def figures(answer: Any) -> dict[tuple[str, str], list[str]]:
    """Value, unit and what it is made of, by environment and figure, from the CSV."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert rows[0] == ["product", "environment", "period", "figure", "value", "unit", "made of"]
    return {(row[1], row[3]): row[4:] for row in rows[1:]}


def test_what_callers_got_of_a_failed_back_end_had_to_be_restored(
    product: Product, manager: User, browser: Client
) -> None:
    """Its handlers were switched, then its front end failed."""
    test, began = environment(product, "test"), days_ago(2)
    put_fleet(test, fleet(NAMES))
    first = registered(product, "1.0.0", manager, days_ago(5))
    went_live(test, first, manager, days_ago(4))
    release = ready(product, "1.1.0", manager)
    add_back_end(release, fleet_release(NAMES, "2"))
    broken = failed(test, release, manager, began + timedelta(minutes=5))
    RunStep.objects.filter(run=broken.run_id, name="switch-handlers").update(
        state=StepState.DONE, started_at=began
    )
    went_live(test, first, manager, began + timedelta(minutes=30), kind="rollback")
    found = figures(browser.get(CSV, {"env": "test"}))
    assert found["test", "time to restore, median"] == ["1800", "seconds", "1"]


def test_the_four_numbers_are_those_of_the_rows(history: None, browser: Client) -> None:
    text = words(browser.get(PAGE))
    assert "Deployments to prod" in text
    assert "Deployment frequency 3.0 in 30 days 3 went live, 1 of them a rollback." in text
    assert "Lead time 2 d Median of 2 releases; nine in ten within 2 d 19 h. Too few to go by." in text
    assert "Change failure rate 66.7 % 2 of 3 promotions. Too few to go by." in text
    assert "Time to restore 30 min Median of 1 time; nine in ten within 30 min. Too few to go by." in text


def test_of_nothing_nothing_is_known(product: Product, browser: Client) -> None:
    text = words(browser.get(f"{PAGE}?env=dev"))
    assert "Deployment frequency not known Nothing went live." in text
    assert "Lead time not known No release was promoted here for the first time." in text
    assert "Change failure rate not known No promotion ended." in text
    assert "Time to restore not known Nothing had to be restored." in text
    assert "No step ended" in text
    assert "No build was told yet" in text
    assert all(row[0] in ("", "0") for row in figures(browser.get(CSV)).values())


def test_the_period_bounds_what_counts(history: None, browser: Client) -> None:
    found = figures(browser.get(f"{CSV}?period=7d"))
    assert found["prod", "deployments"] == ["2", "deployments", "2"]
    assert found["prod", "lead time, median"] == ["259200", "seconds", "1"]
    assert found["prod", "change failure rate"] == ["1", "ratio", "2"]
    assert figures(browser.get(f"{CSV}?period=90d"))["prod", "deployments"] == ["3", "deployments", "3"]


def test_the_csv_holds_what_the_page_shows(history: None, browser: Client) -> None:
    answer = browser.get(CSV)
    assert re.search(
        r'filename="statistics-tim-combo-30d-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"]
    )
    found = figures(answer)
    assert found["prod", "deployments a week"] == ["0.7", "deployments", "3"]
    assert found["prod", "rollbacks"] == ["1", "deployments", "3"]
    assert found["prod", "time to restore, median"] == ["1800", "seconds", "1"]
    assert found["prod", "step copy done"] == ["1", "ratio", "3"]
    assert found["prod", "step copy, p95"] == ["10", "seconds", "3"]
    assert found["prod", "step check done"] == ["0.75", "ratio", "4"]
    assert found["dev", "change failure rate"] == ["", "ratio", "0"]
    assert found["", "builds succeeded"] == ["", "ratio", "0"]


def test_a_release_has_one_lead_time_however_often_it_comes(
    product: Product, prod: Environment, manager: User, browser: Client
) -> None:
    release = registered(product, "1.0.0", manager, days_ago(90))
    went_live(prod, release, manager, days_ago(60))
    went_live(prod, release, manager, days_ago(10))
    found = figures(browser.get(CSV))
    assert found["prod", "deployments"][0] == "1"
    assert found["prod", "lead time, median"] == ["", "seconds", "0"]
    assert figures(browser.get(f"{CSV}?period=90d"))["prod", "lead time, median"][2] == "1"


def test_one_without_verification_runs_and_one_that_was_cancelled_does_not_count(
    product: Product, prod: Environment, manager: User, browser: Client
) -> None:
    unseen = went_live(prod, registered(product, "1.0.0", manager, days_ago(3)), manager, days_ago(2))
    Deployment.objects.filter(pk=unseen.pk).update(live_at=None)
    RunStep.objects.filter(run=unseen.run_id, name="verify").update(state=StepState.SKIPPED)
    stopped = failed(prod, ready(product, "1.1.0", manager), manager, days_ago(1))
    Run.objects.filter(pk=stopped.run_id).update(state=RunState.CANCELLED)
    found = figures(browser.get(CSV))
    assert found["prod", "deployments"][0] == "1"
    assert found["prod", "lead time, median"] == ["86400", "seconds", "1"]
    assert found["prod", "change failure rate"] == ["0", "ratio", "1"]
    assert found["prod", "step verify done"] == ["0", "ratio", "1"]


def test_a_back_end_that_a_rollback_left_is_a_failed_change(
    product: Product, prod: Environment, manager: User, browser: Client
) -> None:
    made = went_live(prod, ready(product, "1.0.0", manager), manager, days_ago(2), switched_at=None)
    Deployment.objects.filter(pk=made.pk).update(back_end_left=True)
    assert figures(browser.get(CSV))["prod", "change failure rate"] == ["1", "ratio", "1"]
    assert "not followed by a good one yet" in words(browser.get(PAGE))


def test_updates_of_lambda_functions_are_counted_by_deployment(
    product: Product, prod: Environment, manager: User, browser: Client
) -> None:
    for number, end in enumerate((StepState.DONE, StepState.FAILED)):
        made = went_live(prod, ready(product, f"1.{number}.0", manager), manager, days_ago(2))
        names = ("prepare", "switch-handlers", "verify-handlers")
        RunStep.objects.bulk_create(
            RunStep(run_id=made.run_id, position=50 + at, name=name, state=StepState.DONE)
            for at, name in enumerate(names)
        )
        RunStep.objects.filter(run=made.run_id, name="verify-handlers").update(state=end)
    text = words(browser.get(PAGE))
    assert "Lambda functions were all updated in 1 of 2 deployments" in text
    assert "Verify handlers 50.0 % 1 of 2, few not known" in text
    assert figures(browser.get(CSV))["prod", "handlers updated"] == ["0.5", "ratio", "2"]


def test_builds_lead_to_ci_and_to_their_release(product: Product, manager: User, browser: Client) -> None:
    ready(product, "1.0.0", manager)
    url = "https://ci.example.com/builds/7"
    for number in range(25):
        Build.objects.create(
            product=product, version=f"0.{number}.0", commit="<b>", status="failed", actor=manager
        )
    Build.objects.create(product=product, version="1.0.0", status="succeeded", url=url, actor=manager)
    old = Build.objects.create(product=product, version="0.0.1", status="failed", actor=manager)
    Build.objects.filter(pk=old.pk).update(at=days_ago(40))
    page = browser.get(PAGE).content.decode()
    assert f'href="{url}"' in page
    assert 'href="/products/tim-combo/releases/1.0.0/"' in page
    assert "releases/0.24.0/" not in page
    assert "<b>0.24.0</b>" in page
    assert "<b>0.5.0</b>" not in page
    assert "&lt;b&gt;" in page
    assert "3.8 % succeeded: 1 of 26 in 30 days" in words(browser.get(PAGE))


def test_pages_lead_to_statistics(history: None, browser: Client) -> None:
    assert f'href="{PAGE}"' in browser.get("/products/tim-combo/").content.decode()
    assert 'href="/statistics/"' in browser.get("/deployments/").content.decode()
    page = browser.get(f"{PAGE}?period=7d&env=stage").content.decode()
    assert f'href="{PAGE}?period=90d&amp;env=stage"' in page
    assert f'href="{PAGE}?period=7d&amp;env=prod"' in page
    assert f'href="{CSV}?period=7d&amp;env=stage"' in page
    assert 'aria-current="page">Deployments</a>' in page


def test_what_is_not_there_is_refused_in_words(product: Product, browser: Client) -> None:
    assert "A period is 7d, 30d, 90d." in words(browser.get(f"{PAGE}?period=1y"), 422)
    assert "There are: dev, test, stage, prod, static." in words(browser.get(f"{PAGE}?env=moon"), 404)
    assert "There is no product called" in words(browser.get("/products/moon/statistics/"), 404)
    assert Client().get(PAGE).status_code == 302


def test_a_product_without_environments_says_so(product: Product, browser: Client) -> None:
    product.pk, product.slug, product.name = None, "empty", "Empty"
    product.save()
    assert "No environment yet" in words(browser.get("/products/empty/statistics/"))
    rows = figures(browser.get("/products/empty/statistics.csv"))
    assert list(rows) == [("", "handlers updated"), ("", "builds succeeded")]
    assert "Empty no environment yet not known" in words(browser.get("/statistics/"))


def test_all_products_in_one_table_by_what_one_wants(history: None, manager: User, browser: Client) -> None:
    flux = Product.objects.get(slug="flux-systems")
    Build.objects.create(product=flux, version="1.0.0", status="failed", actor=manager)
    text = words(browser.get("/statistics/"))
    assert "Tim-Combo prod 3.0 in 30 days 3, few 2 d of 2, few 66.7 %" in text
    assert text.index("Flux Systems") < text.index("Tim-Combo prod")
    for sort in ("frequency", "-frequency"):
        page = browser.get(f"/statistics/?sort={sort}").content.decode()
        assert page.index("/products/tim-combo/") < page.index("/products/flux-systems/"), "not known is last"
    page = browser.get("/statistics/?sort=-product&period=90d").content.decode()
    assert page.index("/products/tim-combo/") < page.index("/products/flux-systems/")
    assert '<th scope="col" aria-sort="descending"><a href="?period=90d&amp;sort=product">' in page


def asked(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(("address", "most"), [(PAGE, 10), (CSV, 8), ("/statistics/", 7)])
def test_queries_are_as_many_for_a_year_as_for_a_day(
    product: Product, prod: Environment, manager: User, browser: Client, address: str, most: int
) -> None:
    release = registered(product, "1.0.0", manager, days_ago(20))
    went_live(prod, release, manager, days_ago(19))
    Build.objects.create(product=product, version="1.0.0", status="succeeded", actor=manager)
    before = asked(browser, address)
    for day in range(1, 18):
        went_live(prod, release, manager, days_ago(day))
        Build.objects.create(product=product, version=f"1.{day}.0", status="failed", actor=manager)
    assert asked(browser, address) == before <= most


def test_the_table_of_all_is_a_csv_too(history: None, manager: User, browser: Client) -> None:
    flux = Product.objects.get(slug="flux-systems")
    Build.objects.create(product=flux, version="1.0.0", status="failed", actor=manager)
    assert 'href="/statistics.csv?period=7d"' in browser.get("/statistics/?period=7d").content.decode()
    answer = browser.get("/statistics.csv?period=7d")
    assert "statistics-all-products-7d-" in answer["Content-Disposition"]
    rows = list(csv.reader(answer.content.decode().splitlines()))
    assert ["tim-combo", "prod", "7d", "deployments", "2", "deployments", "2"] in rows
    assert ["tim-combo", "prod", "7d", "change failure rate", "1", "ratio", "2"] in rows
    assert ["flux-systems", "", "7d", "builds succeeded", "0", "ratio", "1"] in rows
    assert browser.get("/statistics.csv?period=1y").status_code == 422
    assert Client().get("/statistics.csv").status_code == 302
