"""Whether this worker was asked to stop.

Celery tells only the worker's main process, so the flag is one byte of memory that its forked children share.
A lock would not do: a killed child could hold it for ever.
"""

import mmap

_flag = mmap.mmap(-1, 1)


def request() -> None:
    """Ask the steps of this process and of its children to stop at their next look at the lease."""
    _flag[0] = 1


def requested() -> bool:
    """Whether somebody asked."""
    return bool(_flag[0])


def forget() -> None:
    """Take the request back, for a worker that starts."""
    _flag[0] = 0
