"""From the rows to the canonical text of the estate file: rows in the order they were made, keys sorted."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.representer import RoundTripRepresenter

from dns.models import HostedZone
from products import models as rows
from products.revisions import values_of
from timcombo_console.estate import schema


class _Representer(RoundTripRepresenter):
    """Writes null as a word."""


_Representer.add_representer(
    type(None), lambda representer, _: representer.represent_scalar("tag:yaml.org,2002:null", "null")
)


def estate_text() -> str:
    """The estate as YAML. Importing it changes nothing; importing it into an empty console makes the same estate."""
    return text_of(estate())


def text_of(estate: schema.Estate) -> str:
    """The canonical text of an estate."""
    data = estate.model_dump()
    for account in data["accounts"]:
        _leave_out_empty(account)
    for product in data["products"]:
        for environment in product["environments"]:
            environment["hostnames"] = _in_one_line(environment["hostnames"])
    yaml = YAML(typ="rt")
    yaml.Representer = _Representer
    yaml.width = 10_000
    out = StringIO()
    yaml.dump(_ordered(data), out)
    return out.getvalue()


def estate() -> schema.Estate:
    """The estate as it is in the rows. Seven queries, whatever its size."""
    zones = {zone.product_id: zone for zone in HostedZone.objects.select_related("account")}
    accounts = rows.Account.objects.prefetch_related("roles").order_by("pk")
    environments = rows.Environment.objects.select_related(
        "frontend_account", "backend_account", "requires", "config"
    ).prefetch_related("hostnames")
    by_product: dict[int, list[rows.Environment]] = {}
    for environment in environments:
        by_product.setdefault(environment.product_id, []).append(environment)
    products = rows.Product.objects.select_related(
        "artifact_account", "handler_account", "log_account"
    ).order_by("pk")
    return schema.Estate(
        version=1,
        accounts=[_account(account) for account in accounts],
        products=[_product(p, zones.get(p.pk), by_product.get(p.pk, [])) for p in products],
    )


def _account(row: rows.Account) -> schema.Account:
    roles = {r.purpose: schema.Role(role_arn=r.role_arn, external_id=r.external_id) for r in row.roles.all()}
    return schema.Account(
        name=row.name,
        aws_id=row.aws_id,
        tier=row.tier,
        region=row.region,
        description=row.description,
        roles=schema.Roles(**roles),
        resources=_sorted(row.resources),
    )


def _product(
    row: rows.Product, zone: HostedZone | None, environments: list[rows.Environment]
) -> schema.Product:
    return schema.Product(
        slug=row.slug,
        name=row.name,
        domain=row.domain,
        branding=_sorted(row.branding),
        artifacts=schema.Archive(account=row.artifact_account.name, bucket=row.artifact_bucket),
        handlers=_store(row.handler_account, row.handler_bucket),
        logs=_store(row.log_account, row.log_bucket),
        replica_region=row.replica_region,
        hosted_zone=schema.Zone(account=zone.account.name, zone_id=zone.zone_id) if zone else None,
        environments=[_environment(environment) for environment in environments],
    )


def _store(account: rows.Account | None, bucket: str) -> schema.Archive | None:
    return schema.Archive(account=account.name, bucket=bucket) if account else None


def _environment(row: rows.Environment) -> schema.Environment:
    return schema.Environment(
        name=row.name,
        kind=row.kind,
        hostnames=[hostname.name for hostname in row.hostnames.all()],
        protected=row.protected,
        requires=row.requires.name if row.requires else None,
        cache_profile=row.cache_profile,
        frontend=schema.Frontend(
            account=row.frontend_account.name,
            bucket=row.bucket,
            distribution_id=row.distribution_id,
            distribution_domain=row.distribution_domain,
            replicated=row.replicated,
        ),
        edge=schema.Edge(
            price_class=row.price_class,
            web_acl=row.web_acl,
            origin_shield=row.origin_shield,
            extra_metrics=row.extra_metrics,
            alarms=row.alarms,
        ),
        watch=schema.Watch(minutes=row.watch_minutes, auto_rollback=row.auto_rollback),
        backend=_backend(row),
        config=_sorted(values_of(row)),
    )


def _backend(row: rows.Environment) -> schema.Backend | None:
    if row.backend_account is None:
        return None
    return schema.Backend(
        account=row.backend_account.name,
        api_origin=row.api_origin,
        function_prefix=row.function_prefix,
        code_bucket=row.code_bucket,
        failure_budget=row.failure_budget,
    )


def _sorted(values: dict[str, str]) -> dict[str, str]:
    return dict(sorted(values.items()))


def _leave_out_empty(account: dict[str, Any]) -> None:
    account["roles"] = {purpose: role for purpose, role in account["roles"].items() if role}
    for name in ("roles", "resources", "description"):
        if not account[name]:
            del account[name]


def _in_one_line(names: list[str]) -> CommentedSeq:
    line = CommentedSeq(names)
    line.fa.set_flow_style()
    return line


def _ordered(node: Any) -> Any:
    """The data in the types whose order ruamel.yaml keeps."""
    if isinstance(node, dict):
        return CommentedMap((key, _ordered(value)) for key, value in node.items())
    if isinstance(node, list) and not isinstance(node, CommentedSeq):
        return [_ordered(value) for value in node]
    return node
