"""The front of CloudFront: which function does an operation."""

from collections.abc import Callable, Mapping

from devcloud.cloudfront import distributions, functions, invalidations, monitoring, named
from devcloud.cloudfront.call import CdnCall, Neighbours, Result
from devcloud.cloudfront.state import Cdn
from devcloud.front import carry_out
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

OPERATIONS: Mapping[str, Callable[[CdnCall], Result]] = {
    "CreateDistribution": distributions.create_distribution,
    "CreateDistributionWithTags": distributions.create_distribution_with_tags,
    "GetDistribution": distributions.get_distribution,
    "GetDistributionConfig": distributions.get_distribution_config,
    "UpdateDistribution": distributions.update_distribution,
    "DeleteDistribution": distributions.delete_distribution,
    "ListDistributions": distributions.list_distributions,
    "ListConflictingAliases": distributions.list_conflicting_aliases,
    "TagResource": distributions.tag_resource,
    "UntagResource": distributions.untag_resource,
    "ListTagsForResource": distributions.list_tags_for_resource,
    "CreateMonitoringSubscription": monitoring.create_monitoring_subscription,
    "GetMonitoringSubscription": monitoring.get_monitoring_subscription,
    "DeleteMonitoringSubscription": monitoring.delete_monitoring_subscription,
    "CreateInvalidation": invalidations.create_invalidation,
    "GetInvalidation": invalidations.get_invalidation,
    "ListInvalidations": invalidations.list_invalidations,
    "CreateFunction": functions.create_function,
    "UpdateFunction": functions.update_function,
    "PublishFunction": functions.publish_function,
    "DescribeFunction": functions.describe_function,
    "GetFunction": functions.get_function,
    "ListFunctions": functions.list_functions,
    "DeleteFunction": functions.delete_function,
    **named.operations(),
}


def handle(request: Request, cdn: Cdn, settings: Settings, neighbours: Neighbours) -> Reply:
    """Carry out one CloudFront call. Raises AwsError for every refusal."""
    return carry_out(request, OPERATIONS, lambda params: CdnCall(request, params, cdn, settings, neighbours))
