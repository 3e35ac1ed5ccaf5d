"""The roles of the estate as an owner in a hurry makes them: whoever may take them may do far too much."""

from devcloud.estate import Estate
from devcloud.estate import Role as Given
from devcloud.iam.state import Rights, Role, Roles
from devcloud.identity import WORKER_ARN
from devcloud.policy import document

ATTACHED = {
    "read": ["ReadOnlyAccess"],
    "dns": ["AmazonRoute53FullAccess", "ReadOnlyAccess"],
    "deploy": ["AdministratorAccess"],
    "estate": [
        *(
            "AmazonS3FullAccess",
            "CloudFrontFullAccess",
            "AWSCertificateManagerFullAccess",
            "AWSWAFFullAccess",
        ),
        *("AmazonSNSFullAccess", "CloudWatchFullAccess", "ReadOnlyAccess"),
    ],
    "access": ["IAMFullAccess"],
}
PASS = document({"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"})
BOUNDARY = "deploy-console-boundary"
BOUNDED = ("s3", "cloudfront", "lambda", "apigateway", "cloudwatch", "route53", "acm", "wafv2", "sns", "logs")


def seeded_roles(estate: Estate) -> Roles:
    """All roles of the estate, and in each account that has one for the purpose access the boundary of the others."""
    roles = Roles()
    for given in estate.roles:
        role = _role(given)
        roles.by_arn[role.arn] = role
        if given.purpose == "access":
            roles.policies[f"arn:aws:iam::{given.account}:policy/{BOUNDARY}"] = _limit(given.account)
    return roles


def _limit(account: str) -> str:
    passed = f"arn:aws:iam::{account}:role/deploy-console-replication"
    return document(
        {"Effect": "Allow", "Action": [f"{service}:*" for service in BOUNDED], "Resource": "*"},
        {
            "Effect": "Allow",
            "Action": "iam:PassRole",
            "Resource": passed,
            "Condition": {"StringEquals": {"iam:PassedToService": "s3.amazonaws.com"}},
        },
    )


def _role(given: Given) -> Role:
    path, _, name = given.arn.partition(":role")[2].rpartition("/")
    attached = tuple(f"arn:aws:iam::aws:policy/{policy}" for policy in ATTACHED[given.purpose])
    inline = (("pass-roles", PASS),) if given.purpose == "estate" else ()
    rights = Rights(_trust(given.external_id), inline, attached)
    return Role(given.account, name, f"{path}/", rights)


def _trust(external_id: str) -> str:
    worker = {"Effect": "Allow", "Principal": {"AWS": WORKER_ARN}}
    condition = {"StringEquals": {"sts:ExternalId": external_id}}
    return document(
        {**worker, "Action": "sts:AssumeRole", "Condition": condition},
        {**worker, "Action": "sts:SetSourceIdentity"},
    )
