"""What a call of a function comes to. No JavaScript is run: the code is only looked at."""

import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

from devcloud.cloudwatch.numbers import Numbers
from devcloud.errors import AwsError
from devcloud.lambdas import metrics
from devcloud.lambdas.state import LATEST, Code, Function, Lambdas, Snapshot

MAIN = re.compile(r"index\.(mjs|cjs|js)")
THROWS = re.compile(r"^throw new Error\(", re.MULTILINE)
FAILS_ONE_IN = re.compile(r"// fails one in (\d+)")
NEVER, ALWAYS = 0, 1
QUICKEST, SLOWEST, WOBBLE = 15, 180, 20
"""Milliseconds that calls take: something between the first two by the function's name, and a little more or less."""


@dataclass(frozen=True)
class Outcome:
    """What a call came to: the version that ran, whether it failed, and how many milliseconds it took."""

    version: str
    failed: bool
    milliseconds: float


def fails_one_in(code: Code) -> int:
    """Every how many calls the code fails: 1 where it throws as soon as it is loaded or has no main file, 0 for never."""
    with zipfile.ZipFile(BytesIO(code.body)) as archive:
        main = next((name for name in archive.namelist() if MAIN.fullmatch(name)), None)
        text = archive.read(main).decode(errors="replace") if main else ""
    if main is None or THROWS.search(text):
        return ALWAYS
    found = FAILS_ONE_IN.search(text)
    return int(found[1]) if found else NEVER


def invoke(lambdas: Lambdas, numbers: Numbers, function: Function, qualifier: str, now: float) -> Outcome:
    """Call a function by a qualifier, "" being `$LATEST`, and publish what it came to, unless somebody said what is told.

    Raises AwsError ResourceNotFoundException for a qualifier that it does not have.
    """
    snapshot = _called(function, qualifier, now)
    function.calls += 1
    known = function.fails.get(snapshot.code.sha256)
    if known is None:
        known = function.fails[snapshot.code.sha256] = fails_one_in(snapshot.code)
    failed = known != NEVER and function.calls % known == 0
    took = QUICKEST + zlib.crc32(function.name.encode()) % SLOWEST + function.calls * 7 % WOBBLE
    outcome = Outcome(snapshot.number, failed, float(took))
    if (function.account, function.name) not in lambdas.errors:
        metrics.publish(numbers, function, qualifier, now, outcome.milliseconds, failed=failed)
    return outcome


def _called(function: Function, qualifier: str, now: float) -> Snapshot:
    """AWS: during an update callers of `$LATEST` get the code from before it."""
    function.settle(now)
    if qualifier in ("", LATEST) and function.update is not None:
        return function.update.before
    return function.snapshot(qualifier or None)


def find(lambdas: Lambdas, arn: str) -> tuple[Function, str]:
    """The function that an ARN names, and its qualifier. Raises AwsError ResourceNotFoundException."""
    region, account, _, name, *qualifier = arn.removeprefix("arn:aws:lambda:").split(":")
    function = lambdas.of(account, region).get(name)
    if function is None:
        raise AwsError("ResourceNotFoundException", 404, f"Function not found: {arn}")
    return function, qualifier[0] if qualifier else ""
