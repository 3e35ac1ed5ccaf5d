"""`estate import FILE` and `estate export [FILE]`: the whole estate from and to one YAML file.

`estate plan [PRODUCT]`: what applying would change in AWS, as last seen; the exit status is 0 when nothing would, 2 when
something would, 1 when that is not known.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from products.models import Product
from provisioning.planner import Plan
from provisioning.selectors import plan_of
from provisioning.services.apply import in_words
from timcombo_console.estate.exporting import estate_text
from timcombo_console.estate.importing import import_estate
from timcombo_console.estate.problems import BadEstate

CHANGES = 2
"""The exit status when a plan would change something."""


def _lines(name: str, plan: Plan) -> Iterator[str]:
    yield f"{name}: {in_words(plan.changes) or 'nothing to do'}"
    for address in plan.unseen:
        yield f"  not seen: {address}"
    for change in plan.changes:
        yield f"  {change.action} {change.address}"
        for field, old, new in change.fields:
            yield f"    {field}: {_one_line(old)} -> {_one_line(new)}"


def _one_line(value: str | None) -> str:
    return "not set" if value is None else " ".join(value.split())


class Command(BaseCommand):
    help = "Import the estate from a YAML file, export it to one, or print the plan for AWS."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        reading = verbs.add_parser("import", help="make the rows say what the file says")
        reading.add_argument("file", type=Path)
        writing = verbs.add_parser("export", help="write the estate as a file, or to standard output")
        writing.add_argument("file", type=Path, nargs="?")
        planning = verbs.add_parser("plan", help="print what applying would change in AWS, as last seen")
        planning.add_argument("product", nargs="?", default="", help="only of this product")

    def handle(
        self, *args: Any, verb: str, file: Path | None = None, product: str = "", **options: Any
    ) -> None:
        if verb == "plan":
            self._plan(product)
        elif verb == "export":
            self._export(file)
        elif file:
            self._import(file)

    def _import(self, file: Path) -> None:
        try:
            done = import_estate(actor=None, text=file.read_text(encoding="utf-8"), name=file.name)
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}. Nothing was changed.") from error
        except BadEstate as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(f"Imported {file}: {done}.")
        for name in done.left_alone:
            self.stdout.write(f"  not in the file, left alone: {name}")

    def _plan(self, slug: str) -> None:
        products = Product.objects.order_by("slug")
        found = list(products.filter(slug=slug) if slug else products)
        if slug and not found:
            raise CommandError(f"There is no product {slug}. Nothing was planned.")
        plans = {one.slug: plan_of(one) for one in found}
        for name, plan in plans.items():
            self.stdout.write("".join(f"{line}\n" for line in _lines(name, plan)), ending="")
        if any(plan.unseen for plan in plans.values()):
            raise CommandError("Not everything was seen. Look at the resources on the product's page first.")
        if any(plan.changes for plan in plans.values()):
            raise CommandError("AWS is not as the settings say.", returncode=CHANGES)

    def _export(self, file: Path | None) -> None:
        text = estate_text()
        if file is None:
            sys.stdout.write(text)
            return
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error}.") from error
        self.stdout.write(f"Wrote the estate to {file}.")
