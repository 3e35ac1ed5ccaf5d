"""What reading a resource gives."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Never

from aws.errors import AwsError, NotFound
from provisioning.shapes import Shape


class Refused(Exception):
    """AWS or the console's own rules do not let this be done; the text says what a person can do."""


class Denied(Refused):
    """A role may not do it: so it is at first with rights that were just given, too."""


class NotReady(Exception):
    """AWS is at work on the resource; the change goes on in `seconds`."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True)
class Found:
    """A resource as it is now.

    `aws_id` is AWS's id where it has one, `told` what it chose besides. `unfinished` says what AWS has still to tell before
    others can be made, `waits_for` what it still does, or a person must do, before the resource works.
    """

    shape: Shape
    aws_id: str = ""
    told: Mapping[str, str] = field(default_factory=dict)
    unfinished: str = ""
    waits_for: str = ""


@contextmanager
def deleting(refused_as: str = "", why: str = "") -> Iterator[None]:
    """Around the calls that delete something: what is gone already is deleted. Raises Refused for AWS's code `refused_as`."""
    try:
        yield
    except NotFound:
        return
    except AwsError as error:
        if not refused_as or error.code != refused_as:
            raise
        raise Refused(why) from error


def never_deleted(what: str) -> Never:
    """For what no plan deletes, because others may depend on it and its loss cannot be undone."""
    raise Refused(f"The console never deletes {what}. Delete it in AWS if nobody needs it.")
