"""Lambda: functions, their versions and aliases.

AWS: a function's code is known by the hash of its zip, which Lambda tells in base64; here it is 64 hex digits, as
everywhere. `""` as a qualifier means `$LATEST`, the code that UpdateFunctionCode replaces.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from aws.access import Account
from aws.errors import NotFound
from aws.jobs import in_base64, in_hex

LATEST = "$LATEST"


@dataclass(frozen=True, slots=True)
class Function:
    """A function, one of its versions, or what an alias names, as AWS shows it.

    `sha256` is its code's, in hex; `size` is that of the zip in bytes, `memory` is in MB. `keys` are the names of its
    environment variables, sorted; their values are never kept. `status` is AWS's LastUpdateStatus: `Successful`,
    `InProgress`, `Failed`, or empty where AWS does not tell it, as in lists; `reason` says why it is so.
    """

    name: str
    version: str
    sha256: str
    size: int
    runtime: str
    memory: int
    architecture: str
    keys: tuple[str, ...]
    revision: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class CodeStorage:
    """The code of all versions of all functions of an account and Region, and AWS's limit for it. Bytes."""

    used: int
    limit: int


def list_functions(account: Account, prefix: str) -> Iterator[Function]:
    """The functions whose names begin with `prefix`, each as its `$LATEST`, in AWS's order.

    AWS: a page has at most 50 of all functions of the account and Region, and does not tell LastUpdateStatus.
    """
    for found in _pages(account, "ListFunctions", "Functions", f"{prefix}*"):
        if found["FunctionName"].startswith(prefix):
            yield _function(found)


def list_versions(account: Account, name: str) -> Iterator[Function]:
    """The published versions of a function, oldest first, after `$LATEST`. Raises NotFound."""
    for found in _pages(account, "ListVersionsByFunction", "Versions", name, FunctionName=name):
        yield _function(found)


def aliased_versions(account: Account, name: str) -> set[str]:
    """The versions that the aliases of a function name, also those that get only a part of the calls. Raises NotFound."""
    aliases = list(_pages(account, "ListAliases", "Aliases", name, FunctionName=name))
    parts = [alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {}) for alias in aliases]
    return {alias["FunctionVersion"] for alias in aliases} | {version for part in parts for version in part}


def _pages(
    account: Account, operation: str, items: str, resource: str, **parameters: Any
) -> Iterator[dict[str, Any]]:
    while True:
        answer = account.read("lambda", operation, resource, **parameters)
        yield from answer[items]
        if not answer.get("NextMarker"):
            return
        parameters["Marker"] = answer["NextMarker"]


def get_function(account: Account, name: str, qualifier: str = "") -> Function:
    """A function as its `$LATEST`, or what a version's number or an alias names. Raises NotFound.

    AWS: by an alias, the revision is the alias's own.
    """
    wanted = {"FunctionName": name} | ({"Qualifier": qualifier} if qualifier else {})
    resource = f"{name}:{qualifier}" if qualifier else name
    return _function(account.read("lambda", "GetFunction", resource, **wanted)["Configuration"])


def update_code(
    account: Account,
    name: str,
    *,
    bucket: str,
    key: str,
    version_id: str,
    architecture: str,
    revision: str,
) -> Function:
    """Replace the code of `$LATEST` by an object's version, if the function still has this `revision` (empty: whatever it has).

    AWS: the answer says `InProgress`; the code is in place when GetFunction says `Successful`. Raises StillChanging
    while an earlier update is in progress, PreconditionFailed when the function was changed in between (by this very
    call, when its answer was lost), CodeStorageFull, NotFound.
    """
    return _function(
        account.write(
            "lambda",
            "UpdateFunctionCode",
            name,
            FunctionName=name,
            S3Bucket=bucket,
            S3Key=key,
            S3ObjectVersion=version_id,
            Architectures=[architecture],
            Publish=False,
            **_if_still(revision),
        )
    )


def publish_version(account: Account, name: str, *, sha256: str, revision: str, description: str) -> Function:
    """Make a version of `$LATEST`, if that has the code `sha256` and still this `revision` (empty: whatever it has).

    AWS: when neither code nor configuration changed since the last version, that version is the answer. Raises
    StillChanging, PreconditionFailed, CodeStorageFull, NotFound, and AwsError (InvalidParameterValueException) when it
    has other code.
    """
    return _function(
        account.write(
            "lambda",
            "PublishVersion",
            name,
            FunctionName=name,
            CodeSha256=in_base64(sha256),
            Description=description,
            **_if_still(revision),
        )
    )


def _if_still(revision: str) -> dict[str, str]:
    return {"RevisionId": revision} if revision else {}


def alias_revision(account: Account, name: str, alias: str) -> str:
    """The revision of the alias itself, for `switch_alias`. Raises NotFound."""
    found = account.read("lambda", "GetAlias", f"{name}:{alias}", FunctionName=name, Name=alias)
    return str(found["RevisionId"])


def switch_alias(account: Account, name: str, alias: str, version: str, *, revision: str) -> None:
    """Have an alias name this version for all calls, if it still has this `revision`; empty: make the alias.

    AWS: an alias keeps its weights, by which a part of the calls goes elsewhere, until it is told to have none. Raises
    PreconditionFailed when the alias was changed in between (by this very call, when its answer was lost), StillChanging
    when one was made in between, NotFound.
    """
    operation = "UpdateAlias" if revision else "CreateAlias"
    account.write(
        "lambda",
        operation,
        f"{name}:{alias}",
        FunctionName=name,
        Name=alias,
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": {}},
        **_if_still(revision),
    )


def delete_version(account: Account, name: str, version: str) -> None:
    """Delete a published version; one that is gone already is fine.

    AWS: without a number DeleteFunction deletes the whole function, for ever. So anything that is not a number raises
    ValueError before any call. AWS refuses to delete a version that an alias names: raises StillChanging.
    """
    if not re.fullmatch("[1-9][0-9]*", version):
        raise ValueError(f"{name}: {version!r} is no number of a version, so nothing was deleted.")
    try:
        account.write("lambda", "DeleteFunction", f"{name}:{version}", FunctionName=name, Qualifier=version)
    except NotFound:
        return


def code_storage(account: Account) -> CodeStorage:
    """How much of AWS's limit for code is used."""
    found = account.read("lambda", "GetAccountSettings", account.account_id)
    return CodeStorage(found["AccountUsage"]["TotalCodeSize"], found["AccountLimit"]["TotalCodeSize"])


def _function(found: dict[str, Any]) -> Function:
    return Function(
        name=found["FunctionName"],
        version=found["Version"],
        sha256=_sha256(found),
        size=found["CodeSize"],
        runtime=found.get("Runtime", ""),
        memory=found["MemorySize"],
        architecture=found.get("Architectures", ["x86_64"])[0],
        keys=tuple(sorted(found.get("Environment", {}).get("Variables", {}))),
        revision=found["RevisionId"],
        status=found.get("LastUpdateStatus", ""),
        reason=_reason(found),
    )


def _sha256(found: dict[str, Any]) -> str:
    """AWS: the hash of a zip is in base64, that of a container image in hex."""
    code: str = found["CodeSha256"]
    return code if found.get("PackageType") == "Image" else in_hex(code)


def _reason(found: dict[str, Any]) -> str:
    parts = (found.get("LastUpdateStatusReasonCode", ""), found.get("LastUpdateStatusReason", ""))
    return ": ".join(part for part in parts if part)
