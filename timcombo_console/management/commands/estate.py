"""`estate import FILE` and `estate export [FILE]`: the whole estate from and to one YAML file."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from timcombo_console.estate.exporting import estate_text
from timcombo_console.estate.importing import import_estate
from timcombo_console.estate.problems import BadEstate


class Command(BaseCommand):
    help = "Import the estate from a YAML file, or export it to one."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        reading = verbs.add_parser("import", help="make the rows say what the file says")
        reading.add_argument("file", type=Path)
        writing = verbs.add_parser("export", help="write the estate as a file, or to standard output")
        writing.add_argument("file", type=Path, nargs="?")

    def handle(self, *args: Any, verb: str, file: Path | None, **options: Any) -> None:
        if verb == "export":
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
