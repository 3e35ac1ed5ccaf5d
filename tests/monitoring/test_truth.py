"""Does the edge serve what the console believes? What is found, in which words, and how often it is told."""

from typing import Any

import pytest
from django.test import Client

from monitoring.truth import Entry, Sight, facts, findings
from tests.shipping import World

ENTRY = Entry("index.html", "aaaa", "aaaa", "11" * 32, "11" * 32, 200)


def codes(sight: Sight) -> list[str]:
    return [one["code"] for one in findings(sight)]


def seen(**other: Any) -> Sight:
    plain = {
        "version": "1.1.0",
        "declared_note": "deployment 7, Ana",
        "entry": ENTRY,
        "cache_control": ("no-cache",) * 2,
    }
    return Sight(**{**plain, **other})


def test_where_all_agrees_there_is_no_finding() -> None:
    sight = seen(
        headers={"strict-transport-security": "max-age=1"},
        certificate_days=200,
        asked=3,
        host="app.example.com",
    )
    assert findings(sight) == []
    assert [one["agrees"] for one in facts(sight)] == ["yes", "yes", "yes"]
    assert facts(sight)[2]["note"] == "3 requests to app.example.com, HSTS, certificate 200 d"


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"entry": Entry("index.html", "aaaa", "bbbb", "11" * 32, "22" * 32, 200)}, ["by-hand"]),
        ({"entry": Entry("index.html", "aaaa", None, "11" * 32, "11" * 32, 200)}, ["by-hand"]),
        ({"other_files": ["config.json"]}, ["by-hand"]),
        ({"entry": Entry("index.html", "aaaa", "aaaa", "11" * 32, "22" * 32, 200)}, ["edge"]),
        ({"entry": Entry("index.html", "aaaa", "aaaa", "11" * 32, None, 403)}, ["edge"]),
        ({"problems": ("/assets/a.js: answered 403.",)}, ["assets"]),
        ({"edge_problem": "the name app.example.com does not resolve"}, ["unreachable"]),
        ({"cache_control": ("no-cache", "max-age=600")}, ["caching"]),
        ({"certificate_days": 12}, ["certificate"]),
        ({"back_end": ("2.0.0", 310, 311)}, ["handlers"]),
    ],
)
def test_each_difference_has_a_finding_of_its_own(other: dict[str, Any], expected: list[str]) -> None:
    assert codes(seen(**other)) == expected


def test_a_page_put_there_by_hand_is_told_by_the_release_that_it_is_of() -> None:
    entry = Entry("index.html", "a" * 32, "b" * 32, "11" * 32, "22" * 32, 200)
    known = seen(entry=entry, by_md5={"b" * 32: "1.0.0"}, by_sha256={"22" * 32: "1.0.0"})
    assert "It is that of 1.0.0." in findings(known)[0]["text"]
    assert [one["value"] for one in facts(known)] == ["1.1.0", "1.0.0", "1.0.0"]
    foreign = seen(entry=entry, strange=["assets/evil-BbCcDdEe.js"])
    text = findings(foreign)[0]["text"]
    assert "No release of the console has this page." in text
    assert "It names assets/evil-BbCcDdEe.js, which 1.1.0 does not hold." in text


class Truth:
    """A release that is live, and looks at what visitors of it get."""

    def __init__(self, world: World) -> None:
        self.world = world
        world.stock("1.0.0", "1.1.0")
        world.live("1.0.0")
        world.live("1.1.0")

    def look(self) -> Any:
        from monitoring.looking import look_at
        from monitoring.models import EdgeTruth
        from products.models import Environment
        from tests.runs.rows import be_due, carry_out

        run = look_at(actor=None, environment=Environment.objects.get(product__slug="tim-combo", name="test"))
        while carry_out(run).is_active:
            be_due(run)
        assert run.state == "succeeded", run.error
        return EdgeTruth.objects.get(environment__product__slug="tim-combo", environment__name="test")

    def put(self, key: str, body: bytes, **headers: str) -> None:
        """As somebody does by hand."""
        bucket = self.world.bucket()
        self.world.cloud.client("s3").put_object(
            Bucket=bucket, Key=key, Body=body, ContentType="text/html", **headers
        )

    def forget(self) -> None:
        """Have the edge forget everything."""
        from products.models import Environment

        distribution = Environment.objects.get(product__slug="tim-combo", name="test").distribution_id
        paths = {"Quantity": 1, "Items": ["/*"]}
        self.world.cloud.client("cloudfront").create_invalidation(
            DistributionId=distribution, InvalidationBatch={"CallerReference": "by-hand", "Paths": paths}
        )
        self.world.settle()


@pytest.fixture
def truth(world: World) -> Truth:
    return Truth(world)


def events() -> list[Any]:
    from audit.models import Event

    return list(Event.objects.filter(action="truth.changed").order_by("pk"))


def test_after_a_deployment_all_agree_and_nothing_is_told(truth: Truth) -> None:
    row = truth.look()
    assert row.findings == []
    assert [(one["place"], one["value"]) for one in row.facts] == [
        ("Declared here", "1.1.0"),
        ("In the bucket", "1.1.0"),
        ("At the edge", "1.1.0"),
    ]
    assert "HSTS" in row.facts[2]["note"]
    assert events() == []


def test_somebody_who_deploys_by_hand_is_found_with_the_difference_and_told_once(truth: Truth) -> None:
    page = b'<!doctype html><html><head><script type="module" src="/assets/mine-AbCdEfGh.js"></script></head><body>x</body></html>'
    truth.put("index.html", page, CacheControl="no-cache")
    truth.forget()
    for _ in range(2):
        row = truth.look()
    assert [one["code"] for one in row.findings] == ["by-hand"]
    assert "It names assets/mine-AbCdEfGh.js, which 1.1.0 does not hold." in row.findings[0]["text"]
    (event,) = events()
    assert event.after == {"findings": ["by-hand"]}
    (environment,) = (
        one
        for one in truth.world.api.get("products/tim-combo/environments")["items"]
        if one["name"] == "test"
    )
    assert [one["code"] for one in environment["findings"]] == ["by-hand"]


def test_an_older_release_put_there_by_hand_is_recognized_and_its_end_is_told(truth: Truth) -> None:
    s3 = truth.world.cloud.client("s3")
    old = s3.get_object(Bucket="tim-releases-855652006097", Key=truth.world.archived("1.0.0", "index.html"))[
        "Body"
    ].read()
    new = s3.get_object(Bucket="tim-releases-855652006097", Key=truth.world.archived("1.1.0", "index.html"))[
        "Body"
    ].read()
    truth.put("index.html", old, CacheControl="no-cache")
    truth.forget()
    row = truth.look()
    assert row.facts[1]["value"] == row.facts[2]["value"] == "1.0.0"
    assert "It is that of 1.0.0." in row.findings[0]["text"]
    truth.put("index.html", new, CacheControl="no-cache")
    assert truth.world.work(truth.world.promote("1.1.0"))["status"] == "live"
    assert truth.look().findings == []
    assert [event.after["findings"] for event in events()] == [["by-hand"], []]


def test_nobody_looks_while_a_deployment_is_under_way_nor_at_what_never_ran(truth: Truth) -> None:
    from monitoring.looking import look_everywhere
    from monitoring.models import EdgeTruth
    from runs.models import Run

    truth.world.promote("1.0.0")
    look_everywhere()
    assert not Run.objects.filter(kind="truth").exists()
    assert not EdgeTruth.objects.exists()


def test_where_nothing_was_deployed_there_is_nothing_to_ask(truth: Truth) -> None:
    from runs.models import Run
    from users.models import User

    client = Client()
    client.force_login(User.objects.get(username="viewer"))
    answer = client.post("/products/tim-combo/environments/prod/ask/")
    assert answer.status_code == 409
    assert "Nothing runs in" in answer.content.decode()
    assert not Run.objects.filter(kind="truth").exists()


def test_the_page_shows_all_side_by_side_and_may_ask_again(truth: Truth) -> None:
    from runs.models import Run
    from users.models import User

    truth.put("index.html", b"<html></html>", CacheControl="no-cache")
    truth.look()
    client = Client()
    client.force_login(User.objects.get(username="viewer"))
    page = client.get("/products/tim-combo/environments/test/").content.decode()
    assert "Somebody deployed past the console" in page
    assert "Does the edge serve what we declared?" in page
    assert client.post("/products/tim-combo/environments/test/ask/").status_code == 302
    assert Run.objects.filter(kind="truth", state="queued").count() == 1
