"""The policies for accounts with back ends: what looking at a fleet and deploying to it need, and no more.

AWS: Lambda and API Gateway list only with `*` as their resource; an alias and a version are resources of their own.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from aws.policies import Statement, allow, document

FUNCTION_READS = ("lambda:GetFunction",)
FUNCTION_WRITES = (
    "lambda:UpdateFunctionCode",
    "lambda:PublishVersion",
    "lambda:CreateAlias",
    "lambda:UpdateAlias",
    "lambda:GetAlias",
)
VERSION_READS = ("lambda:ListVersionsByFunction", "lambda:ListAliases")
LISTS = ("lambda:ListFunctions", "lambda:GetAccountSettings")
METRICS = ("cloudwatch:GetMetricData",)
API_READS = ("/restapis/{}", "/restapis/{}/stages/*", "/apis/{}", "/apis/{}/stages/*", "/apis/{}/exports/*")
DOMAIN_READS = ("/domainnames/{}", "/domainnames/{}/basepathmappings", "/domainnames/{}/apimappings")
HANDLERS, INCOMING = "handlers/*", "incoming/*"


@dataclass(frozen=True, slots=True)
class FleetReach:
    """What the console works on for back ends in one account and Region.

    `prefixes` of function names, `apis` by id; `domains` are custom domain names of API Gateway that lead to others, a
    wildcard in one being a wildcard of the policy. `code_buckets` are those that Lambda loads code from here, `sources`
    those of other accounts that it comes from, `kept` those of this account in which products keep their handlers first.
    """

    account_id: str
    region: str
    prefixes: tuple[str, ...] = ()
    apis: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    code_buckets: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.prefixes or self.kept)


def fleet_read_policy(reach: FleetReach) -> str:
    """The least that looking at functions, what the API calls, and their numbers needs."""
    return document(*_reads(reach), *allow("SeeCode", ("s3:ListBucketVersions",), _buckets(_own(reach))))


def fleet_deploy_policy(reach: FleetReach) -> str:
    """The least that keeping code, bringing it here and deploying it need. No configuration, no roles, no function goes."""
    own = _own(reach)
    return document(
        *_reads(reach),
        *allow("DeployCode", (*FUNCTION_WRITES, *VERSION_READS), _functions(reach)),
        *allow("Metrics", METRICS, ("*",) if reach.prefixes else ()),
        # With a colon: a version. The function itself, which a call without a number would delete, does not match.
        *allow("PruneVersions", ("lambda:DeleteFunction",), _functions(reach, "*:*")),
        *allow("CodeBuckets", ("s3:ListBucket", "s3:ListBucketVersions"), _buckets(own)),
        *allow("Code", ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"), _objects(own, HANDLERS)),
        *allow("Sources", ("s3:GetObject", "s3:GetObjectVersion"), _objects(reach.sources, HANDLERS)),
        *allow("Incoming", ("s3:GetObject",), _objects(reach.kept, INCOMING)),
    )


def source_policy(bucket: str, readers: Sequence[str]) -> str:
    """What a bucket of handlers must allow the deploying roles of other accounts.

    AWS: a copy between accounts is one call of one principal, which the source must let read.
    """
    statement: Statement = {
        "Sid": "ConsoleReadsHandlers",
        "Effect": "Allow",
        "Principal": {"AWS": list(readers)},
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": [f"arn:aws:s3:::{bucket}/{HANDLERS}"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def _own(reach: FleetReach) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*reach.code_buckets, *reach.kept)))


def _reads(reach: FleetReach) -> list[Statement]:
    return [
        *allow("Functions", FUNCTION_READS, _functions(reach)),
        *allow("Lists", LISTS, ("*",) if reach.prefixes else ()),
        *allow("Apis", ("apigateway:GET",), _apis(reach)),
        *allow("Domains", ("apigateway:GET",), _apigateway(reach, DOMAIN_READS, reach.domains)),
    ]


def _functions(reach: FleetReach, *rests: str) -> list[str]:
    place = f"arn:aws:lambda:{reach.region}:{reach.account_id}:function:"
    return [f"{place}{prefix}{rest}" for prefix in reach.prefixes for rest in rests or ("*", "*:*")]


def _apis(reach: FleetReach) -> list[str]:
    """To which API a domain leads is only known to who may ask, and may change: all may then be looked at."""
    return _apigateway(reach, API_READS, ("*",) if reach.domains else reach.apis)


def _apigateway(reach: FleetReach, reads: Sequence[str], names: Sequence[str]) -> list[str]:
    """AWS: what both versions of the service have is named without the version."""
    place = f"arn:aws:apigateway:{reach.region}::"
    return [place + read.format(name) for name in names for read in reads]


def _buckets(names: Sequence[str]) -> list[str]:
    return [f"arn:aws:s3:::{name}" for name in names]


def _objects(names: Sequence[str], below: str) -> list[str]:
    return [f"arn:aws:s3:::{name}/{below}" for name in names]
