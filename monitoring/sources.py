"""Which sources environments have, and keeping their rows true."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db.models import Q
from django.db.models.functions import Now

from monitoring.kinds import API, BUCKET, CERTIFICATE, DISTRIBUTION, FLEET
from monitoring.models import Collection, Source
from products.models import Account, Environment, Product
from provisioning.models import Resource
from runs.selectors import ACTIVE

EDGE_REGION = "us-east-1"
"""AWS: where CloudFront's numbers, and those of its certificates, are kept."""


class Key(NamedTuple):
    """What names a source within its account."""

    kind: str
    region: str
    name: str


def keys_of(environment: Environment) -> Iterator[tuple[int, Key]]:
    """The sources of an environment, by the primary key of their account."""
    front, back = environment.frontend_account, environment.backend_account
    if environment.distribution_id:
        yield front.pk, Key(DISTRIBUTION.name, EDGE_REGION, environment.distribution_id)
    yield front.pk, Key(BUCKET.name, front.region, environment.bucket)
    if back and environment.function_prefix:
        yield back.pk, Key(FLEET.name, back.region, environment.function_prefix)
    if back and environment.api_origin:
        yield back.pk, Key(API.name, back.region, environment.api_origin)


def sources_of(environments: Iterable[Environment]) -> dict[int, dict[str, Source]]:
    """By environment and kind, the sources that were measured so far. One query."""
    wanted = {environment.pk: list(keys_of(environment)) for environment in environments}
    names = {key.name for keys in wanted.values() for _, key in keys}
    rows = Source.objects.filter(name__in=names, gone_at=None).select_related("account")
    known = {(row.account_id, key_of(row)): row for row in rows}
    return {
        pk: {key.kind: known[one] for one in keys if one in known for key in [one[1]]}
        for pk, keys in wanted.items()
    }


def distributions_of(environments: Iterable[Environment]) -> dict[int, Source]:
    """By environment, the distribution that was measured so far; quicker than `sources_of` for hundreds. One query."""
    rows = Source.objects.filter(kind=DISTRIBUTION.name, gone_at=None).defer("since", "minutes_until")
    known = {(row.account_id, row.name): row for row in rows}
    found = {one.pk: known.get((one.frontend_account_id, one.distribution_id)) for one in environments}
    return {pk: source for pk, source in found.items() if source}


def certificates_of(product: Product) -> list[Source]:
    """The certificates of a product that are measured. One query."""
    arns = Resource.objects.filter(product=product, kind=CERTIFICATE.name).values("aws_id")
    rows = Source.objects.filter(kind=CERTIFICATE.name, name__in=arns, gone_at=None)
    return list(rows.select_related("account").order_by("name"))


def key_of(source: Source) -> Key:
    return Key(source.kind, source.region, source.name)


def keep_sources(account: Account) -> list[Source]:
    """Make the rows of an account what its environments have now; those that are to be asked about."""
    wished = _wished(account)
    known = {key_of(row): row for row in Source.objects.filter(account=account)}
    Source.objects.bulk_create(
        (Source(account=account, **key._asdict()) for key in sorted(wished - known.keys())),
        ignore_conflicts=True,
    )
    rows = Source.objects.filter(account=account)
    gone = [row.pk for key, row in known.items() if key not in wished and row.gone_at is None]
    back = [row.pk for key, row in known.items() if key in wished and row.gone_at is not None]
    rows.filter(pk__in=gone).update(gone_at=Now())
    rows.filter(pk__in=back).update(gone_at=None)
    return list(rows.filter(gone_at=None).order_by("kind", "name"))


def let_go() -> None:
    """Accounts that no environment uses any more are not asked, so nobody waits for their numbers. Three queries."""
    used = list(measured_accounts())
    Source.objects.filter(gone_at=None).exclude(account__in=used).update(gone_at=Now())
    Collection.objects.exclude(account__in=used).exclude(run__state__in=ACTIVE).delete()


def _wished(account: Account) -> set[Key]:
    here = Q(frontend_account=account) | Q(backend_account=account)
    environments = Environment.objects.filter(here).select_related("frontend_account", "backend_account")
    of_environments = {key for one in environments for pk, key in keys_of(one) if pk == account.pk}
    certificates = Resource.objects.filter(account=account, kind="certificate").exclude(aws_id="")
    arns = certificates.values_list("aws_id", flat=True)
    return of_environments | {Key(CERTIFICATE.name, EDGE_REGION, arn) for arn in arns}


def measured_accounts() -> Mapping[int, set[int]]:
    """The accounts that environments use, with the environments of each. One query."""
    found: dict[int, set[int]] = defaultdict(set)
    rows = Environment.objects.values_list("pk", "frontend_account_id", "backend_account_id")
    for pk, front, back in rows:
        found[front].add(pk)
        if back:
            found[back].add(pk)
    return found
