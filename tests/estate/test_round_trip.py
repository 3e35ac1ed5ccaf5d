"""The estate of the document goes in and comes out as it is."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import Event
from dns.models import HostedZone, Hostname
from products.models import Account, ConfigRevision, Environment, Product
from timcombo_console.estate.exporting import estate, estate_text
from timcombo_console.estate.importing import Imported, import_estate
from timcombo_console.estate.reading import Source

DOCUMENT = Path(__file__).resolve().parents[2] / "estates" / "tim-combo.yaml"
TEXT = DOCUMENT.read_text()

pytestmark = pytest.mark.django_db


def bring(text: str = TEXT) -> Imported:
    return import_estate(actor=None, text=text, name="tim-combo.yaml")


def test_the_file_is_its_own_export_but_for_the_comment() -> None:
    bring()
    body = "".join(line for line in TEXT.splitlines(keepends=True) if not line.startswith("#"))
    assert estate_text() == body
    assert estate() == Source(TEXT).estate


def test_a_second_import_changes_nothing() -> None:
    first = bring()
    text = estate_text()
    second = bring(text)
    assert len(first.created) == 15
    assert second == Imported(unchanged=15)
    assert estate_text() == text
    assert ConfigRevision.objects.count() == 4
    assert set(Environment.objects.values_list("settings_revision", flat=True)) == {1}


def test_the_command_reads_and_writes(tmp_path: Path) -> None:
    out = StringIO()
    call_command("estate", "import", str(DOCUMENT), stdout=out)
    call_command("estate", "export", str(tmp_path / "out.yaml"), stdout=out)
    assert "15 created, 0 updated, 0 unchanged" in out.getvalue()
    assert Source((tmp_path / "out.yaml").read_text()).estate == Source(TEXT).estate


def test_a_bad_file_stops_the_command_with_every_mistake(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(TEXT.replace("tier: prod", "tier: gold"))
    with pytest.raises(CommandError, match=r"line 30, accounts\[1\].tier: 'gold' is none of prod, nonprod"):
        call_command("estate", "import", str(bad))
    assert not Account.objects.exists()


def test_an_import_is_one_event() -> None:
    bring()
    event = Event.objects.get()
    assert (event.action, event.actor_name, event.result) == ("estate.import", "console", "ok")
    assert event.summary == "Estate imported: 15 created, 0 updated, 0 unchanged"


def test_the_document_is_in_the_rows() -> None:
    bring()
    assert dict(Account.objects.values_list("name", "aws_id")) == {
        "development": "532595801838",
        "sandbox": "455510265254",
        "media": "855652006097",
    }
    flux = Environment.objects.get(product__slug="flux-systems", name="prod")
    assert (flux.distribution_id, flux.bucket) == ("E25ON3LWW4KFNF", "tim-sb-fe-live-855652006097")
    assert Environment.objects.filter(backend_account=None).count() == 6
    assert HostedZone.objects.count() == Product.objects.count() == 2
    assert Hostname.objects.filter(name__in=["tim-combo.com", "www.tim-combo.com"]).count() == 2
