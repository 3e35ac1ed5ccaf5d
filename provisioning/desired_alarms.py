"""What is measured besides, what is watched, and to which topic it is told. Pure."""

from collections.abc import Iterator

from provisioning.desired_edge import distribution_name
from provisioning.facts import Environment, Product
from provisioning.planner import Wish, wish
from provisioning.shapes import Alarm, Monitoring, Topic

ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
# With less traffic a single error would be a large share.
ENOUGH = 50
MINUTE, FIVE_MINUTES, DAY = 60, 300, 86_400
DAYS_LEFT = 30


def topic_name(product: str) -> str:
    return f"console-{product}-alarms"


def alarms(product: Product) -> Iterator[Wish]:
    """By the settings of each environment; the topic and the watch over the certificate once for each account."""
    for environment in product.environments:
        account, name = environment.account.id, distribution_name(product.slug, environment.name)
        if environment.extra_metrics:
            yield wish(account, name, Monitoring(), environment.name)
        if environment.alarms:
            yield from _of_environment(product, environment, name)


def _of_environment(product: Product, environment: Environment, name: str) -> Iterator[Wish]:
    account, topic = environment.account.id, topic_name(product.slug)
    yield wish(account, topic, Topic(title=f"Alarms of {product.slug}"))
    watched = f"distribution {name}"
    for word, alarm in _of_distribution(watched, topic, extra=environment.extra_metrics):
        yield wish(account, f"console-{name}-{word}", alarm, environment.name)
    if environment.hostnames:
        yield wish(account, f"console-{product.slug}-certificate", _of_certificate(product.domain, topic))


def _of_distribution(watched: str, topic: str, *, extra: bool) -> Iterator[tuple[str, Alarm]]:
    """AWS: error rates are percent, and without traffic there are no data. The hit rate is one of the additional metrics."""
    told = (topic,)
    yield "errors", Alarm(
        of=watched, metric="5xxErrorRate", comparison=ABOVE, threshold=1, requests=ENOUGH,
        seconds=MINUTE, periods=5, times=3, topics=told,
    )  # fmt: skip
    yield "refused", Alarm(
        of=watched, metric="4xxErrorRate", comparison=ABOVE, threshold=10, requests=ENOUGH,
        seconds=FIVE_MINUTES, periods=3, times=3, topics=told,
    )  # fmt: skip
    if extra:
        yield "cache", Alarm(
            of=watched, metric="CacheHitRate", comparison=BELOW, threshold=80, requests=ENOUGH,
            seconds=FIVE_MINUTES, periods=12, times=12, topics=told,
        )  # fmt: skip


def _of_certificate(domain: str, topic: str) -> Alarm:
    return Alarm(
        of=f"certificate {domain}", metric="DaysToExpiry", statistic="Minimum", comparison=BELOW,
        threshold=DAYS_LEFT, seconds=DAY, periods=1, times=1, topics=(topic,),
    )  # fmt: skip
