"""Products and releases: what CI registers, and what people decide about it."""

import json
from typing import Any, Self, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import ValidationError, model_validator

from deployments import spool
from deployments.models import Artifact, Release
from deployments.selectors.releases import release_for, releases_of, running_in
from deployments.services.mark_bad import mark_bad
from deployments.services.register import Incoming, Source, register
from deployments.spool import Spooled
from deployments.views.releases import discard_unused
from products.models import Product
from products.selectors import product_for
from timcombo_console.api import shapes
from timcombo_console.api.auth import digest_of, doing, seeing
from timcombo_console.api.bodies import Strict, errors_of, in_words, read
from timcombo_console.api.lists import listed
from timcombo_console.api.problems import unreadable
from users import nul
from users.actions import permit
from users.models import User
from users.refusals import Invalid

router = Router(tags=["releases"])

PREFIX = "artifact."


class IncomingArtifact(Strict):
    """A zip under `incoming/` by its key, or a back end by the `prefix` under which its `handlers.yaml` lies."""

    key: str = ""
    prefix: str = ""
    sha256: str

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.key) == bool(self.prefix):
            raise ValueError("Name either the key of a zip or a prefix.")
        if self.prefix and not self.prefix.endswith("/"):
            raise ValueError("A prefix ends with a slash.")
        return self


class Registration(Strict):
    """A release whose artifacts CI put into the artifact bucket."""

    version: str
    commit: str = ""
    notes: str = ""
    artifacts: dict[str, IncomingArtifact]


class Judgement(Strict):
    """Whether a release is bad, and why."""

    bad: bool
    reason: str


@router.get("/products", summary="All products")
def products(request: HttpRequest, cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        found = Product.objects.prefetch_related("environments").order_by("id")
        return listed(found, shapes.product, cursor, limit)

    return seeing(request, "estate.view", look)


@router.get("/products/{slug}/releases", summary="A product's releases, newest first")
def releases(request: HttpRequest, slug: str, cursor: str = "", limit: int = 50) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        found = releases_of(product_for(user, slug))
        return listed(found, None, cursor, limit, newest_first=True, shape_all=_shape_all)

    return seeing(request, "estate.view", look)


def _shape_all(found: list[Release]) -> list[shapes.Json]:
    where = running_in(found)
    return [shapes.release(one, where.get(one.pk, [])) for one in found]


@router.get("/products/{slug}/releases/{version}", summary="One release")
def release(request: HttpRequest, slug: str, version: str) -> HttpResponse:
    def look(user: User) -> HttpResponse:
        found = release_for(product_for(user, slug), version)
        answer = HttpResponse(json.dumps(_shape_all([found])[0]), content_type="application/json")
        if found.status == "ingesting":
            answer["Retry-After"] = "1"
        return answer

    return seeing(request, "estate.view", look)


@router.post(
    "/products/{slug}/releases",
    summary="Register a release: multipart with one file per target named artifact.<target>, or JSON with keys",
)
def register_release(request: HttpRequest, slug: str) -> HttpResponse:
    kind = request.content_type or ""
    if kind.startswith("multipart/"):
        return _register_uploads(request, slug)
    return _register_incoming(request, slug)


def _register_uploads(request: HttpRequest, slug: str) -> HttpResponse:
    """The files are spooled first; what is then not referred to by an artifact is discarded."""
    stored: dict[str, Spooled] = {}
    try:
        seeing(
            request,
            "estate.view",
            lambda user: permit(register, actor=user, product=product_for(user, slug)),
        )
        given = {key: request.POST.get(key, "") for key in ("version", "commit", "notes")}
        _refuse_nul(given | dict.fromkeys(request.FILES, ""))
        for name, file in _files(request):
            if not name.startswith(PREFIX):
                raise Invalid(
                    f"The file {name!r} is not named artifact.<target>.",
                    errors={name: ["Name it artifact.<target>."]},
                )
            stored[name.removeprefix(PREFIX)] = spool.store(file.chunks())
        asked = digest_of(given | {target: one.sha256 for target, one in stored.items()})
        return doing(request, 202, lambda user: _register(user, slug, given, stored), asked=asked)
    finally:
        discard_unused(stored, keep=_kept(stored))


def _refuse_nul(given: dict[str, str]) -> None:
    wrong = [name.replace("\0", "␀") for name, text in given.items() if nul.in_any([name, text])]
    if wrong:
        text = f"The character NUL is in {', '.join(wrong)}, and no text may hold it."
        raise Invalid(text, errors={name: ["Send it without NUL."] for name in wrong})


def _files(request: HttpRequest) -> "list[tuple[str, UploadedFile[Any]]]":
    return [(name, cast("UploadedFile[Any]", request.FILES[name])) for name in request.FILES]


def _kept(stored: dict[str, Spooled]) -> set[str]:
    found = Artifact.objects.filter(spool_name__in=[one.name for one in stored.values()])
    return set(found.values_list("spool_name", flat=True))


def _register_incoming(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        given = Registration.model_validate(read(request.body or b"{}"))
    except ValidationError as error:
        errors = errors_of(error.errors())
        return unreadable(request, in_words(errors), errors=errors)
    except ValueError:
        return unreadable(request)
    artifacts = {
        target: Incoming(one.key or one.prefix, one.sha256) for target, one in given.artifacts.items()
    }
    fields = {"version": given.version, "commit": given.commit, "notes": given.notes}
    return doing(request, 202, lambda user: _register(user, slug, fields, artifacts))


def _register(user: User, slug: str, given: dict[str, str], artifacts: Any) -> shapes.Json:
    sources: dict[str, Source] = dict(artifacts)
    made = register(actor=user, product=product_for(user, slug), artifacts=sources, **given)
    return _shape_all([release_for(made.product, made.version)])[0]


@router.post("/products/{slug}/releases/{version}/bad", summary="Mark a release bad, or good again")
def judge(request: HttpRequest, slug: str, version: str, given: Judgement) -> HttpResponse:
    def act(user: User) -> shapes.Json:
        found = release_for(product_for(user, slug), version)
        mark_bad(actor=user, release=found, bad=given.bad, reason=given.reason)
        return _shape_all([release_for(found.product, version)])[0]

    return doing(request, 200, act)
