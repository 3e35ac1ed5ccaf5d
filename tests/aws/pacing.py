"""Users of a token bucket, in threads and in processes of their own, which load nothing else."""

import threading
import time
from collections.abc import Callable
from multiprocessing import Queue

from aws.bucket import TokenBucket, open_redis
from aws.errors import Subject

ACCOUNT, REGION = "455510265254", "us-east-2"
UPDATE = Subject("lambda", "UpdateFunctionCode", ACCOUNT, "tim-sb-orders")


def bucket_at(url: str, region: str = REGION, **rates: float) -> TokenBucket:
    """The bucket of an account in the Redis at `url`."""
    return TokenBucket(open_redis(url), ACCOUNT, region, **rates)


def in_threads(number: int, work: Callable[[], None]) -> list[threading.Thread]:
    """So many threads that do the same."""
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    return threads


def call_until(bucket: TokenBucket, end: float, note: Callable[[float], None]) -> None:
    """Take turn after turn, and note when each came."""
    while time.time() < end:
        bucket.wait(UPDATE)
        note(time.time())


def user(url: str, name: str, threads: int, end: float, turns: "Queue[tuple[str, float]]") -> None:
    """What a worker's process does that has so many threads."""
    bucket = bucket_at(url)
    for thread in in_threads(threads, lambda: call_until(bucket, end, lambda at: turns.put((name, at)))):
        thread.join()
