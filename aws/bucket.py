"""The pace of Lambda calls over all processes: one queue in Redis per account and Region.

AWS: all control-plane calls of Lambda share 15 a second per account and Region, and that cannot be raised; only
GetFunction has a limit of its own, 100 a second.
"""

import time
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.exceptions import RedisError
from redis.retry import Retry

from aws.errors import Subject

CONTROL_RATE, READ_RATE = 15.0, 100.0
PATIENCE_SECONDS = 1

QUEUE = """
-- What is kept of a queue: `epoch` is when its present slots began to count, `rate` the calls a second at that time,
-- `last` the slot given last, `slowed` when a throttle last slowed it. Seconds, all by the clock of Redis.
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local nominal = tonumber(ARGV[1])
local kept = redis.call('HMGET', KEYS[1], 'epoch', 'rate', 'last', 'slowed')
if tonumber(kept[3] or 0) > now + 60 then kept = {} end  -- Its clock was set back: nobody waits so long.
local epoch, rate = tonumber(kept[1] or now), tonumber(kept[2] or nominal)
local last, slowed = tonumber(kept[3] or now), tonumber(kept[4] or 0)

local function text(seconds) return string.format('%.6f', seconds) end

local function rate_at(moment)  -- It recovers by 1 a second, each second.
    return math.min(nominal, rate + math.max(0, moment - epoch))
end

local function keep()
    redis.call('HSET', KEYS[1], 'epoch', text(epoch), 'rate', text(rate), 'last', text(last), 'slowed', text(slowed))
    redis.call('EXPIRE', KEYS[1], 600)
end
"""

SLOT = """
-- ARGV[2] and [3] are the slot that the caller has: its epoch and its time; at first it has none. A slot of another
-- epoch or one that was missed is void, and the caller gets the next free one.
local slot = tonumber(ARGV[3])
if ARGV[2] ~= text(epoch) or now > slot + 0.25 then
    slot = math.max(now, last + 1 / rate_at(last))
    last = slot
    keep()
end
return {text(epoch), text(slot), text(math.max(0, slot - now))}
"""

SLOWER = """
if now >= slowed + 1 then
    rate, epoch, last, slowed = math.max(1, 0.7 * rate_at(now)), now, now, now
    keep()
end
"""

RATE = "return text(rate_at(now))"


class Unreachable(Exception):
    """Redis, which holds the pace of all workers, does not answer: no call may be made at a guess."""

    def __init__(self, account_id: str, region: str, cause: RedisError) -> None:
        super().__init__(
            f"The pace of Lambda calls in account {account_id}, {region}, is not known, because Redis does not answer: "
            f"{cause}. No call was made. Check that Redis runs and that REDIS_URL names it; then try again."
        )


def open_redis(url: str) -> Redis:
    """A client that gives up after a second; `url` is as Celery writes it.

    One repetition without a pause reopens connections that a restart of Redis has cut.
    """
    return Redis.from_url(
        url.replace("redis+socket://", "unix://"),
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 1),
    )


class TokenBucket:
    """The pace of Lambda calls in one account and Region, held over all processes that share a Redis. Others' calls pass.

    Callers queue: each is given the next free slot, first come, first served, so those with equally many threads get
    equal shares. What was not used is lost, so there are no bursts, and a Redis that forgot everything begins with
    an empty bucket: slots given before are void and taken anew. A throttle slows the queue to 0.7 of its rate, at most
    once a second; it recovers by one call a second, each second. Raises Unreachable in place of a guess.
    """

    def __init__(
        self,
        redis: Redis,
        account_id: str,
        region: str,
        *,
        control_rate: float = CONTROL_RATE,
        read_rate: float = READ_RATE,
    ) -> None:
        self._account_id, self._region = account_id, region
        self._control_rate, self._read_rate = control_rate, read_rate
        self._slot, self._slower, self._rate = (
            redis.register_script(QUEUE + part) for part in (SLOT, SLOWER, RATE)
        )

    def wait(self, subject: Subject) -> None:
        """Sleep until the call may be made. Raises Unreachable."""
        if subject.service != "lambda":
            return
        epoch, slot, seconds = self._ask(self._slot, subject.operation, "", "0")
        while float(seconds):
            time.sleep(float(seconds))
            epoch, slot, seconds = self._ask(self._slot, subject.operation, epoch, slot)

    def throttled(self, subject: Subject) -> None:
        """Slow down, because AWS throttled this call. Raises Unreachable."""
        if subject.service == "lambda":
            self._ask(self._slower, subject.operation)

    def rate(self) -> float:
        """Control-plane calls a second that the queue lets through now. Raises Unreachable."""
        return float(self._ask(self._rate, "control-plane call"))

    def _ask(self, script: Script, operation: str, *slot: str | bytes) -> Any:
        """Run a script on the queue of an operation."""
        reads = operation == "GetFunction"
        key = f"pace:{self._account_id}:{self._region}:{'read' if reads else 'control'}"
        try:
            return script(keys=[key], args=[self._read_rate if reads else self._control_rate, *slot])
        except RedisError as error:
            raise Unreachable(self._account_id, self._region, error) from error
