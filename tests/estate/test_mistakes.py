"""A bad estate file: every mistake with its line and field, and nothing changed."""

from pathlib import Path

import pytest

from products.models import Account, Environment
from timcombo_console.estate.exporting import estate_text
from timcombo_console.estate.importing import import_estate
from timcombo_console.estate.problems import BadEstate

TEXT = (Path(__file__).resolve().parents[2] / "estates" / "tim-combo.yaml").read_text()

pytestmark = pytest.mark.django_db


def mistakes(text: str) -> list[str]:
    before = estate_text()
    with pytest.raises(BadEstate) as refused:
        import_estate(actor=None, text=text, name="x.yaml")
    assert estate_text() == before
    return [str(problem) for problem in refused.value.problems]


def changed(old: str, new: str, count: int = 1) -> tuple[str, int]:
    """The document with its first `old` replaced, and the line where that is."""
    assert old in TEXT
    return TEXT.replace(old, new, count), TEXT[: TEXT.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("old", "new", "field", "text"),
    [
        ("aws_id: '532595801838'", "aws_id: 532595801838", "accounts[0].aws_id", "must be text. Put it in quotes."),
        ("aws_id: '855652006097'", "aws_id: '85565200609'", "accounts[1].aws_id", "An AWS account id has 12 digits."),
        ("aws_id: '455510265254'", "aws_id: '855652006097'", "accounts[2].aws_id", "'855652006097' is there twice."),
        ("region: us-east-2", "region: Ohio", "accounts[0].region", "String should match pattern"),
        ("protected: false", "protected: 'no'", "products[0].environments[0].protected", "must be true or false."),
        ("kind: app", "kind: App", "products[0].environments[0].kind", "'App' is none of app, static."),
        ("cache_profile: short", "cache_profil: short", "products[0].environments[0].cache_profil", "is not a field"),
        ("requires: null", "requires: prod", "products[0].environments[0].requires", "no environment that comes before"),
        ("d1timcdev0000.cloudfront.net", "E1TIMCDEV00000.cloudfront.net", "frontend.distribution_domain", "not like its id"),
        ("bucket: tim-app-dev-855652006097", "bucket: Tim", "frontend.bucket", "A bucket name has 3 to 63"),
        ("api_origin: https://n2", "api_origin: http://n2", "backend.api_origin", "an https address"),
        ("account: sandbox", "account: sandbx", "backend.account", "'sandbx' is none of the accounts"),
        ("version: 1", "version: 2", "version", "Input should be 1."),
        ("name: stage", "name: dev", "products[0].environments[2].name", "'dev' is there twice."),
        ("name: dev\n", "name: backend\n", "products[0].environments[0].name", "meaning of its own"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_line_and_field(old: str, new: str, field: str, text: str) -> None:
    bad, line = changed(old, new)
    (found,) = [each for each in mistakes(bad) if text in each]
    assert found.startswith(f"line {line}, ")
    assert field in found


def test_a_hostname_that_is_there_twice() -> None:
    bad, line = changed("[test.tim-combo.com]", "[dev.tim-combo.com]")
    assert mistakes(bad) == [
        f"line {line}, products[0].environments[1].hostnames[0]: 'dev.tim-combo.com' is there twice."
    ]


def test_a_secret_in_a_configuration_is_told_by_key() -> None:
    bad, line = changed("REACT_APP_FROM_EMAIL: noreply@happyhippo.ai", "DB: postgres://u:hunter2@db/x")
    (found,) = mistakes(bad)
    assert "The value of DB looks like an address with a password" in found
    assert "hunter2" not in found
    assert abs(int(found.split()[1].rstrip(",")) - line) < 8


def test_every_mistake_is_told_in_the_order_of_the_file() -> None:
    bad = (
        TEXT.replace("tier: nonprod", "tier: x")
        .replace("kind: static", "kind: y")
        .replace("    name: Flux", "    nam: Flux")
    )
    found = mistakes(bad.replace("  name: Flux Systems", "  nam: Flux Systems"))
    lines = [int(each.split()[1].rstrip(",")) for each in found]
    assert lines == sorted(lines)
    assert len(found) == 2 + 2 + 2
    assert any("products[1].name: is missing." in each for each in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("version: 1\naccounts: [\n", "line 3, the file: This is not YAML"),
        ("version: 1\nversion: 1\n", "line 2, the file: The same key is there twice"),
        ("", "line 1, the file: must be a mapping"),
        ("- a\n", "line 1, the file: must be a mapping"),
        ("version: 1\naccounts: {}\nproducts: []\n", "line 2, accounts: must be a list."),
        ("\x00", "line 1, the file: This is not YAML"),
    ],
)
def test_what_is_no_estate_at_all(text: str, expected: str) -> None:
    assert mistakes(text)[0].startswith(expected)


def test_an_account_id_that_another_account_has() -> None:
    import_estate(actor=None, text=TEXT, name="x.yaml")
    bad = TEXT.replace("- name: sandbox", "- name: sandpit").replace("account: sandbox", "account: sandpit")
    found = mistakes(bad)
    line = TEXT[: TEXT.index("aws_id: '455510265254'")].count("\n") + 1
    assert found == [f"line {line}, accounts[2].aws_id: Account with this AWS account id already exists."]
    assert not Account.objects.filter(name="sandpit").exists()


def test_a_hostname_of_an_environment_that_the_file_does_not_name() -> None:
    import_estate(actor=None, text=TEXT, name="x.yaml")
    short = TEXT[: TEXT.index("- slug: flux-systems")].replace(
        "[stage.tim-combo.com]", "[dev.flux-systems.info]"
    )
    (found,) = mistakes(short)
    assert "dev.flux-systems.info belongs to Flux Systems dev" in found


def test_what_the_file_changes_is_updated_and_counted() -> None:
    import_estate(actor=None, text=TEXT, name="x.yaml")
    new = TEXT.replace("cache_profile: medium", "cache_profile: long", 1).replace(
        "noreply@happyhippo.ai", "x@happyhippo.ai"
    )
    done = import_estate(actor=None, text=new, name="x.yaml")
    assert done.updated == ["tim-combo/dev", "tim-combo/test"]
    assert done.unchanged == 13
    test, dev = (Environment.objects.get(product__slug="tim-combo", name=name) for name in ("test", "dev"))
    assert test.config
    assert dev.config
    assert (test.settings_revision, test.config.number, test.cache_profile) == (2, 1, "long")
    assert (dev.settings_revision, dev.config.number) == (1, 2)


def test_what_the_file_does_not_name_is_left_alone_and_named() -> None:
    import_estate(actor=None, text=TEXT, name="x.yaml")
    before = estate_text()
    short = TEXT[: TEXT.index("- slug: flux-systems")].replace(
        "[tim-combo.com, www.tim-combo.com]", "[tim-combo.com]"
    )
    done = import_estate(actor=None, text=short, name="x.yaml")
    assert done.left_alone == ["product flux-systems", "hostname www.tim-combo.com of tim-combo/static"]
    assert done.updated == []
    assert estate_text() == before


def test_hostnames_move_and_environments_change_places() -> None:
    import_estate(actor=None, text=TEXT, name="x.yaml")
    swapped = (
        TEXT.replace("[dev.tim-combo.com]", "[moved]")
        .replace("[test.tim-combo.com]", "[dev.tim-combo.com]")
        .replace("[moved]", "[test.tim-combo.com]")
    )
    done = import_estate(actor=None, text=swapped, name="x.yaml")
    assert done.updated == ["tim-combo/dev", "tim-combo/test"]
    assert estate_text() == "".join(x for x in swapped.splitlines(keepends=True) if not x.startswith("#"))
    start, end = TEXT.index("  - name: dev"), TEXT.index("  - name: test")
    after = TEXT.index("  - name: stage")
    turned = TEXT[:start] + TEXT[end:after] + TEXT[start:end] + TEXT[after:]
    import_estate(actor=None, text=turned, name="x.yaml")
    assert estate_text() == "".join(x for x in turned.splitlines(keepends=True) if not x.startswith("#"))
