"""The shape of the estate file, version 1. Every value is checked by the rule of the row that it becomes."""

from collections.abc import Callable, Iterable
from typing import Annotated, Literal

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from dns import models as dns
from products import configuration
from products import models as rows

Check = Callable[[str], str]


def _by(validator: RegexValidator, *, empty: bool = False) -> AfterValidator:
    def check(value: str) -> str:
        if not (empty and value == ""):
            try:
                validator(value)
            except ValidationError as error:
                raise ValueError(" ".join(error.messages)) from error
        return value

    return AfterValidator(check)


def _one_of(choices: Iterable[str]) -> AfterValidator:
    known = [str(choice) for choice in choices]

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}.")
        return value

    return AfterValidator(check)


def _values(values: dict[str, str]) -> dict[str, str]:
    problems = configuration.problems(values)
    if problems:
        raise ValueError(" ".join(problems.values()))
    return values


Text = Annotated[str, Field(min_length=1, max_length=100)]
Name = Annotated[str, Field(max_length=30), _by(rows.slug)]
LongName = Annotated[str, Field(max_length=60), _by(rows.slug)]
Bucket = Annotated[str, _by(rows.bucket_name)]
Hostname = Annotated[str, _by(rows.hostname)]
Words = dict[str, str]


class Part(BaseModel):
    """Any part of the file: no conversions, no fields that the console does not know."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Role(Part):
    role_arn: Annotated[str, Field(max_length=200), _by(rows.role_arn)]
    # AWS: an external id has 2 to 1,224 characters of these.
    external_id: Annotated[str, Field(min_length=2, max_length=100, pattern=r"^[\w+=,.@:/-]+$")]


class Roles(Part):
    read: Role | None = None
    deploy: Role | None = None
    dns: Role | None = None
    estate: Role | None = None
    access: Role | None = None


class Account(Part):
    name: LongName
    aws_id: Annotated[str, _by(rows.twelve_digits)]
    tier: Annotated[str, _one_of(rows.Tier.values)]
    region: Annotated[str, Field(max_length=30, pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    description: Annotated[str, Field(max_length=200)] = ""
    roles: Roles = Roles()
    resources: Words = {}


class Archive(Part):
    account: LongName
    bucket: Bucket


class Zone(Part):
    account: LongName
    zone_id: Annotated[str, _by(dns.zone_id, empty=True)] = ""


class Frontend(Part):
    account: LongName
    bucket: Bucket
    distribution_id: Annotated[str, _by(rows.distribution_id, empty=True)] = ""
    distribution_domain: Annotated[str, _by(rows.distribution_domain, empty=True)] = ""
    replicated: bool = False


class Edge(Part):
    price_class: Annotated[str, _one_of(rows.PriceClass.values)]
    web_acl: Annotated[str, _one_of(rows.WebAcl.values)]
    origin_shield: bool
    extra_metrics: bool = False
    alarms: bool = False


class Backend(Part):
    account: LongName
    api_origin: Annotated[str, Field(max_length=200), _by(rows.https_address, empty=True)] = ""
    function_prefix: Annotated[str, Field(max_length=60)] = ""
    code_bucket: Annotated[str, _by(rows.bucket_name, empty=True)] = ""
    failure_budget: Annotated[int, Field(ge=0, le=32_767)] = 0


class Watch(Part):
    minutes: Annotated[int, Field(ge=5, le=180)] = 15
    auto_rollback: bool = False


class Environment(Part):
    name: Name
    kind: Annotated[str, _one_of(rows.Kind.values)]
    hostnames: list[Hostname]
    protected: bool
    requires: Name | None
    cache_profile: Annotated[str, _one_of(rows.CacheProfile.values)]
    frontend: Frontend
    edge: Edge | None = None
    watch: Watch | None = None
    backend: Backend | None
    config: Annotated[Words, AfterValidator(_values)]


class Product(Part):
    slug: LongName
    name: Text
    domain: Hostname
    branding: Words = {}
    artifacts: Archive
    handlers: Archive | None = None
    logs: Archive | None = None
    replica_region: Annotated[str, _by(rows.region, empty=True)] = ""
    hosted_zone: Zone | None
    environments: list[Environment]


class Estate(Part):
    version: Literal[1]
    accounts: list[Account]
    products: list[Product]
