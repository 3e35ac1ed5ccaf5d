"""Under which dimensions CloudWatch keeps the numbers of an API."""

from collections.abc import Sequence

from aws.access import Account
from aws.api_address import DEFAULT_STAGE, Place, find_api
from aws.api_stages import REST
from aws.errors import NotFound, Subject, Unresolved

Dimensions = tuple[tuple[str, str], ...]


def dimensions_of(account: Account, api_origin: str) -> Dimensions:
    """Of the stage that the address leads to.

    AWS: a REST API is kept by its name, which others may share, an HTTP API by its id. Raises Unresolved when the address
    leads nowhere.
    """
    place = find_api(account, api_origin)
    try:
        name = account.read(REST, "GetRestApi", place.api_id, restApiId=place.api_id)["name"]
    except NotFound:
        return (("ApiId", place.api_id), ("Stage", _stage(account, place, place.stages)))
    named = [stage for stage in place.stages if stage != DEFAULT_STAGE]
    return (("ApiName", name), ("Stage", _stage(account, place, named)))


def _stage(account: Account, place: Place, stages: Sequence[str]) -> str:
    if stages:
        return stages[0]
    subject = Subject(REST, "GetStage", account.account_id, place.api_id)
    raise Unresolved(
        subject,
        message=f"The address names no stage of API {place.api_id}. Add it to the API origin in the environment's settings.",
    )
