"""Which sources there are."""

import pytest

from monitoring.collecting import collect_everywhere
from monitoring.models import Collection, Source
from monitoring.sources import keep_sources
from products.models import Account, Environment
from tests.estate_rows import put_estate

pytestmark = pytest.mark.django_db


def test_nobody_waits_for_accounts_that_no_environment_uses_any_more() -> None:
    put_estate()
    used, left = (Account.objects.get(name=name) for name in ("media", "sandbox"))
    for account in (used, left):
        keep_sources(account)
        Collection.objects.create(account=account, error="Throttled.")
    Environment.objects.filter(backend_account=left).update(backend_account=None)
    collect_everywhere()
    assert not Source.objects.filter(account=left, gone_at=None).exists()
    assert not Collection.objects.filter(account=left).exists()
    assert Source.objects.filter(account=used, gone_at=None).exists()
    assert Collection.objects.filter(account=used).exists()
