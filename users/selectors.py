"""Reading people."""

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Now

from users.models import User
from users.refusals import Missing


def people() -> QuerySet[User]:
    """Everybody, the active first, each with `valid_tokens`."""
    valid = Q(tokens__revoked_at=None, tokens__expires_at__gt=Now())
    order = Case(When(is_active=True, then=Value(0)), default=Value(1))
    return User.objects.annotate(valid_tokens=Count("tokens", filter=valid)).order_by(order, F("username"))


def person_by_id(pk: int) -> User:
    """Raises Missing when there is no such person."""
    person = User.objects.filter(pk=pk).first()
    if person is None:
        raise Missing(f"There is no person with the number {pk}. See the list of people.")
    return person
