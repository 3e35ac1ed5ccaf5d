"""Ends what the supervisor left behind when it was killed.

Started by path as a process of its own, standard library only. Reads lines from standard input: `+123` when the process
group 123 was started, `-123` when it ended. The input ends when the supervisor is gone; whatever groups are
still listed then have been asked to stop by the kernel already (PDEATHSIG), and are killed after a grace time.
"""

import os
import signal
import sys
import time

GRACE = 2.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        groups.add(group) if line.startswith("+") else groups.discard(group)
    end = time.monotonic() + GRACE
    while (groups := {group for group in groups if _signal(group, 0)}) and time.monotonic() < end:
        time.sleep(0.05)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    """Whether the group exists."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    main()
