"""The moments in which rights that the console has just written do not hold yet."""

from datetime import timedelta

from django.utils import timezone

from products.models import Purpose
from provisioning.kinds import KEPT_BY
from provisioning.models import Resource

SPREADING = timedelta(seconds=60)
"""AWS: a change of IAM holds everywhere after seconds, and nothing tells when."""


def written_lately(account_id: str) -> bool:
    """Whether rights in this account were written so short ago that AWS may not know of them everywhere."""
    kinds = [kind for kind, purpose in KEPT_BY.items() if purpose == Purpose.ACCESS]
    rows = Resource.objects.filter(kind__in=kinds, account__aws_id=account_id)
    return rows.filter(applied_at__gte=timezone.now() - SPREADING).exists()
