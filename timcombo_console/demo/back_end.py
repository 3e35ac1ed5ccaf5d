"""A release of the demo with pages and handlers, to be promoted to test as one."""

from collections.abc import Sequence
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from django.conf import settings

from deployments.models import Release
from deployments.services.register import register
from deployments.spool import store
from products.selectors import product_for
from timcombo_console.demo.build import FIRST_MOMENT, build_app
from timcombo_console.demo.seed import PRODUCT
from users.models import User
from users.permissions import Role

VALUES = {"accent": "#b3261e", "hours": "7"}
CHANGED_EVERY = 40
"""Of the handlers every so-manieth holds new code, the others what the emulated cloud's functions hold already."""
BROKEN = "accounts-"
"""A broken release breaks these besides; sample visitors call them more than all others."""


def handler_names() -> list[str]:
    """The handlers of the document's estate, without a prefix."""
    return (settings.BASE_DIR / "estates" / "tim-combo.handlers.txt").read_text().split()


def register_back_end(version: str, *, broken: bool = False) -> Release:
    """Register a release with both halves, as the release manager; the pages of a `broken` one are good, what its changed
    handlers do is not. Raises VersionExists for a version that is there.
    """
    actor = User.objects.filter(role=Role.RELEASE_MANAGER).order_by("pk").first()
    assert actor is not None
    return register(
        actor=actor,
        product=product_for(actor, PRODUCT),
        version=version,
        notes="Pages and handlers, made by the demo.",
        artifacts={
            "any": store([build_app({**VALUES, "version": version})]),
            "backend": store([build_back_end(version, handler_names(), broken=broken)]),
        },
    )


def build_back_end(version: str, names: Sequence[str], *, broken: bool = False) -> bytes:
    """A back-end artifact; every fortieth handler says the version, or throws where it is broken."""
    listed = "handlers:\n" + "".join(f"  - name: {name}\n    file: {name}.zip\n" for name in names)
    changed = {*names[::CHANGED_EVERY], *(name for name in names if broken and name.startswith(BROKEN))}
    zips = {
        f"{name}.zip": build_handler(name, version, broken=broken) if name in changed else build_handler(name)
        for name in names
    }
    return _zip({"handlers.yaml": listed.encode(), **zips})


def build_handler(name: str, version: str = "", *, broken: bool = False) -> bytes:
    """A handler's zip; without a version the one that the emulated cloud begins with. A broken one fails at every call."""
    said = f", version: '{version}'" if version else ""
    thrown = f"throw new Error('{version} is broken on purpose')\n" if broken else ""
    code = f"export const handler = async () => ({{ handler: '{name}'{said} }})\n"
    return _zip({"index.mjs": (thrown + code).encode()})


def _zip(files: dict[str, bytes]) -> bytes:
    body = BytesIO()
    with ZipFile(body, "w", ZIP_STORED) as archive:
        for path, content in files.items():
            archive.writestr(ZipInfo(path, FIRST_MOMENT), content)
    return body.getvalue()
