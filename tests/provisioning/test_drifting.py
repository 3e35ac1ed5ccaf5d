"""A change of AWS resources by hand goes on record once, and so does its end."""

from datetime import timedelta
from typing import Any

from provisioning.differences import Field
from provisioning.drifting import News, sentences
from provisioning.shapes import Address
from tests.provisioning.conftest import MEDIA, Estate

BUCKET = "tim-app-dev-855652006097"
OTHER = "tim-app-test-855652006097"
DEV, TEST = (Address("bucket", MEDIA, name) for name in (BUCKET, OTHER))


def events() -> list[Any]:
    from audit.models import Event

    return list(Event.objects.filter(action="estate.drifted").order_by("pk"))


def suspend(estate: Estate, status: str = "Suspended", bucket: str = BUCKET) -> None:
    estate.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})


def look(estate: Estate) -> list[str]:
    """What is told by a look."""
    before = len(events())
    estate.look()
    return [event.summary for event in events()[before:]]


def test_it_is_told_once_and_so_is_its_end(estate: Estate) -> None:
    from provisioning.services.accept import accept

    estate.adopted()
    assert look(estate) == []
    suspend(estate)
    changed, again = (
        f"Changed by hand: versioning from yes to no, of the {DEV}.",
        f"Differs no more: the {DEV}.",
    )
    assert look(estate) == [changed]
    assert look(estate) == []
    fault = estate.cloud.faults("s3", "GetBucketVersioning", "error", status=403, code="AccessDenied")
    assert look(estate) == []
    estate.cloud.clear_faults(fault)
    assert look(estate) == []
    estate.applied(DEV)
    told, end = events()
    assert (told.actor_id, told.product, end.summary) == (None, "tim-combo", again)
    changes = {str(DEV): [["versioning", "yes", "no"]]}
    assert told.after == {"changed": changes, "new": [str(DEV)]}
    assert (end.before, end.after) == ({"changed": changes}, {"changed": {}, "new": []})
    suspend(estate)
    assert look(estate) == [changed]
    suspend(estate, "Enabled")
    assert look(estate) == [again]
    suspend(estate)
    suspend(estate, bucket=OTHER)
    (both,) = look(estate)
    assert both == f"{changed} Changed by hand: versioning from yes to no, of the {TEST}."
    suspend(estate, "Enabled", bucket=OTHER)
    (one,) = look(estate)
    assert one == f"Differs no more: the {TEST}. Still changed: 1 more."
    accept(actor=estate.admin, product=estate.product, address=DEV, reason="Legal hold")
    assert look(estate) == [again]


def test_what_a_plan_deletes_differs_no_more(estate: Estate) -> None:
    estate.adopted()
    suspend(estate)
    estate.look()
    estate.new_bucket("dev", "tim-app-new-855652006097")
    estate.look()
    estate.applied(DEV)
    assert events()[-1].summary == f"Differs no more: the {DEV}."
    assert events()[-1].after == {"changed": {}, "new": []}


def test_what_the_console_itself_changes_meanwhile_or_left_half_changed_is_nobodys_doing(
    estate: Estate,
) -> None:
    from django.utils import timezone

    from provisioning.drifting import tell_drift
    from provisioning.models import Apply, ChangeState, PlannedChange, Resource
    from runs.models import Run

    estate.adopted()
    rows = Resource.objects.filter(kind="bucket", name=BUCKET)
    rows.update(observed={**(rows.get().observed or {}), "versioning": False})
    tell_drift(estate.product, began=timezone.now() - timedelta(hours=1))
    assert events() == []
    planned = PlannedChange.objects.filter(kind="bucket", name=BUCKET)
    planned.update(state=ChangeState.BEGUN)
    tell_drift(estate.product, began=timezone.now())
    assert events() == []
    # Also when another plan was applied since, of this product or another.
    other = Run.objects.filter(kind="look").latest("pk")
    Apply.objects.create(product=estate.product, digest="0" * 64, reason="Other", run=other)
    tell_drift(estate.product, began=timezone.now())
    assert events() == []
    planned.update(state=ChangeState.DONE)
    tell_drift(estate.product, began=timezone.now())
    assert len(events()) == 1


def test_much_of_it_is_counted() -> None:
    fields = [Field(f"field-{n}", None, "1") for n in range(5)]
    ended = News(TEST, (), gone=False)
    news = [ended, *(News(Address("bucket", MEDIA, name), fields, gone=False) for name in "abc")]
    text = sentences(news, others=2)
    assert text.startswith(
        "Changed by hand: field-0 from not set to 1, field-1 from not set to 1, field-2 from not set to 1, 2 more, of the "
        f"bucket a in account {MEDIA}."
    )
    assert text.endswith(" And 1 more. Still changed: 2 more.")


def test_what_was_only_emptied_was_not_deleted() -> None:
    emptied = [Field("aliases", "dev.tim-combo.com", None)]
    assert sentences([News(DEV, emptied, gone=False)]) == (
        f"Changed by hand: aliases from dev.tim-combo.com to not set, of the {DEV}."
    )
    assert sentences([News(DEV, emptied, gone=True)]) == f"Deleted by hand: the {DEV}."
