"""How many control-plane calls an account may make in one Region."""

from dataclasses import dataclass, field

from devcloud.errors import AwsError

GET_FUNCTION_RATE = 100.0


@dataclass
class TokenBucket:
    """Tokens that come back over time. `at` is seconds since the epoch; a new bucket is full."""

    tokens: float
    at: float

    def take(self, rate: float, now: float) -> bool:
        """Take one token, when there is one. `rate` is tokens per second and also the most that the bucket holds."""
        self.tokens = min(rate, self.tokens + max(0.0, now - self.at) * rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass
class Limits:
    """The buckets of every account and Region: one for GetFunction, one for everything else."""

    _buckets: dict[tuple[str, str, bool], TokenBucket] = field(default_factory=dict)

    def admit(self, account: str, region: str, operation: str, rate: float, now: float) -> None:
        """Count one call against its limit; a `rate` of 0 lifts both limits.

        Raises AwsError TooManyRequestsException. AWS: control-plane calls of an account share 15 per second in a
        Region, which cannot be raised; GetFunction is counted apart, with 100 per second.
        """
        if not rate:
            return
        apart = operation == "GetFunction"
        allowed = GET_FUNCTION_RATE if apart else rate
        bucket = self._buckets.setdefault((account, region, apart), TokenBucket(allowed, now))
        if not bucket.take(allowed, now):
            fields = {"Reason": "CallerRateLimitExceeded"}
            headers = {"retry-after": "1"}
            raise AwsError("TooManyRequestsException", 429, "Rate exceeded", fields=fields, headers=headers)
