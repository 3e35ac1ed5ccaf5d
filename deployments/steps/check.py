"""The first step: the right account, the right bucket, the right distribution, and every object in the archive."""

from django.conf import settings
from django.utils import timezone

from aws.cloudfront import Distribution, get_distribution
from aws.s3 import check_bucket
from deployments.models import EnvironmentState
from deployments.steps.archived import lost_files
from deployments.steps.wish import Wish
from deployments.wording import listed
from dns.lookup import look_up
from dns.resolution import points_here
from dns.services import saw_hostnames
from products.door import aws_step, open_account
from runs.steps import Done, StepContext, StepFailed, Wait


@aws_step
def check(context: StepContext) -> Done | Wait:
    """Look at everything the deployment relies on, before it writes anything."""
    wish = Wish.of(context)
    environment = wish.environment
    door = open_account(context, environment.frontend_account)
    check_bucket(door, environment.bucket, environment.frontend_account.aws_id)
    distribution = get_distribution(door, environment.distribution_id)
    with context.transaction():
        _observe(wish, distribution)
    _check_distribution(wish, distribution)
    if not distribution.deployed:
        return Wait(5, f"CloudFront is still rolling out a change of distribution {distribution.id}.")
    _check_archive(context, wish)
    return Done({"files": len(wish.archived)})


def _check_distribution(wish: Wish, distribution: Distribution) -> None:
    environment = wish.environment
    if not distribution.serves_bucket(environment.bucket):
        raise StepFailed(
            f"Distribution {distribution.id} does not serve the bucket {environment.bucket}: its default origin is "
            f"{distribution.default_origin.domain}{distribution.default_origin.path}. Nothing was written. "
            "Correct the bucket or the distribution in the environment's settings."
        )
    if not distribution.enabled:
        raise StepFailed(
            f"Distribution {distribution.id} is disabled, so nobody would see the release. Enable it first."
        )


def _observe(wish: Wish, distribution: Distribution) -> None:
    """Keep what was seen, without times, so that equal facts make equal plans."""
    environment = wish.environment
    seen = {
        "distribution": distribution.id,
        "domain": distribution.domain,
        "enabled": distribution.enabled,
        "aliases": sorted(distribution.aliases),
        "serves_bucket": distribution.serves_bucket(environment.bucket),
    }
    EnvironmentState.objects.filter(pk=environment.pk).update(observation=seen, observed_at=timezone.now())
    saw_hostnames(environment, _where_names_lead(wish, distribution))


def _where_names_lead(wish: Wish, distribution: Distribution) -> dict[str, bool]:
    """Per hostname, whether it leads here. The emulated edge answers for every alias without DNS."""
    names = [hostname.name for hostname in wish.environment.hostnames.all()]
    if settings.CONSOLE_EDGE:
        return {name: name in distribution.aliases for name in names}
    at = look_up(distribution.domain)
    aliases = distribution.aliases
    return {name: points_here(name, aliases=aliases, at=look_up(name), distribution=at) for name in names}


def _check_archive(context: StepContext, wish: Wish) -> None:
    """AWS: another account's bucket lets its objects be copied, and only its own account's roles list it."""
    product, manifest = wish.environment.product, wish.archived
    lost = lost_files(open_account(context, product.artifact_account), product, wish.artifact, manifest)
    context.progress(done=len(manifest) - len(lost), total=len(manifest))
    if lost:
        raise StepFailed(
            f"The archive no longer holds {wish.deployment.release} whole: {listed(lost)} in {product.artifact_bucket} "
            "is missing or differs from its manifest. Nothing was written. Restore the object from its earlier version, "
            "or register the build under a new version."
        )
