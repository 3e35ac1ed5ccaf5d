"""The queue for calls of Lambda that all workers share, which takes of AWS's limits what `CONSOLE_LAMBDA_SHARE` lets it."""

from django.conf import settings

from aws.bucket import CONTROL_RATE, READ_RATE, TokenBucket, open_redis
from products.models import Account


def pace_of(account: Account) -> TokenBucket:
    """The queue of the account in its Region."""
    share = settings.CONSOLE_LAMBDA_SHARE
    return TokenBucket(
        open_redis(settings.REDIS_URL),
        account.aws_id,
        account.region,
        control_rate=share * CONTROL_RATE,
        read_rate=share * READ_RATE,
    )


def full_rate() -> float:
    """Control-plane calls a second that the queue lets through while AWS throttles none."""
    return float(settings.CONSOLE_LAMBDA_SHARE * CONTROL_RATE)


def rate_in_words() -> str:
    """How many calls a second AWS allows, and how many of these the console takes where it leaves some to others."""
    taken = "" if full_rate() == CONTROL_RATE else f", of which the console takes {full_rate():g}"
    return f"AWS allows {CONTROL_RATE:g}{taken}"
