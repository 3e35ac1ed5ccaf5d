"""Lists: `{items, next}`, keyset paged by id, `?cursor=&limit=`."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpResponse

from users.refusals import Invalid

M = TypeVar("M", bound=Model)
MOST = 200


def cursor_of(cursor: str) -> int | None:
    """The id a page begins after. Raises Invalid for what is no cursor of ours."""
    if not cursor:
        return None
    if not cursor.isdecimal() or len(cursor) > 18:
        raise Invalid(f"The cursor {cursor[:40]!r} is none of ours. Take `next` of the page before.")
    return int(cursor)


def limit_of(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise Invalid(f"limit is 1 to {MOST}.")
    return limit


def listed(
    found: QuerySet[M],
    shape: Callable[[M], Any] | None,
    cursor: str,
    limit: int,
    *,
    newest_first: bool = False,
    shape_all: Callable[[list[M]], Sequence[Any]] | None = None,
) -> HttpResponse:
    """A page of `found`, which is ordered by id. One more row than asked tells whether there is a next page."""
    after, limit = cursor_of(cursor), limit_of(limit)
    if after is not None:
        found = found.filter(pk__lt=after) if newest_first else found.filter(pk__gt=after)
    rows = list(found[: limit + 1])
    page = rows[:limit]
    items = shape_all(page) if shape_all else [shape(row) for row in page] if shape else page
    more = str(page[-1].pk) if len(rows) > limit else None
    return HttpResponse(json.dumps({"items": items, "next": more}), content_type="application/json")
