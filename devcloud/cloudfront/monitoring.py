"""Additional metrics of a distribution."""

from devcloud.cloudfront.call import CdnCall, Result
from devcloud.cloudfront.state import Distribution
from devcloud.errors import AwsError

CONFIG = "RealtimeMetricsSubscriptionConfig"
STATUS = "RealtimeMetricsSubscriptionStatus"


def create_monitoring_subscription(call: CdnCall) -> Result:
    """AWS: one for each distribution, else 409."""
    found = call.distribution(call.params["DistributionId"])
    if found.metrics:
        message = "A monitoring subscription already exists for the specified distribution."
        raise AwsError("MonitoringSubscriptionAlreadyExists", 409, message)
    found.metrics = call.params["MonitoringSubscription"][CONFIG][STATUS]
    return _shown(found)


def get_monitoring_subscription(call: CdnCall) -> Result:
    return _shown(_subscribed(call))


def delete_monitoring_subscription(call: CdnCall) -> Result:
    _subscribed(call).metrics = ""
    return {}


def _subscribed(call: CdnCall) -> Distribution:
    found = call.distribution(call.params["DistributionId"])
    if not found.metrics:
        message = "A monitoring subscription does not exist for the specified distribution."
        raise AwsError("NoSuchMonitoringSubscription", 404, message)
    return found


def _shown(found: Distribution) -> Result:
    return {"MonitoringSubscription": {CONFIG: {STATUS: found.metrics}}}
