"""The front of CloudWatch: which function does an operation."""

import gzip
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from devcloud.cloudwatch import alarms, data, queries
from devcloud.cloudwatch.call import Result, WatchCall
from devcloud.cloudwatch.numbers import Numbers
from devcloud.cloudwatch.state import Alarms
from devcloud.errors import AwsError
from devcloud.front import carry_out
from devcloud.settings import Settings
from devcloud.wire import Reply, Request

OPERATIONS: Mapping[str, Callable[[WatchCall], Result]] = {
    "GetMetricData": queries.get_metric_data,
    "PutMetricData": data.put_metric_data,
    "ListMetrics": data.list_metrics,
    "PutMetricAlarm": alarms.put_metric_alarm,
    "PutCompositeAlarm": alarms.put_composite_alarm,
    "DescribeAlarms": alarms.describe_alarms,
    "DescribeAlarmHistory": alarms.describe_alarm_history,
    "SetAlarmState": alarms.set_alarm_state,
    "DeleteAlarms": alarms.delete_alarms,
    "EnableAlarmActions": alarms.enable_alarm_actions,
    "DisableAlarmActions": alarms.disable_alarm_actions,
}


def handle(request: Request, numbers: Numbers, held: Alarms, settings: Settings) -> Reply:
    """Carry out one call. Raises AwsError for every refusal."""
    return carry_out(
        _unpacked(request),
        OPERATIONS,
        lambda params: WatchCall(request, params, numbers, held, settings),
    )


def _unpacked(request: Request) -> Request:
    """AWS: boto3 packs large bodies."""
    if request.header("content-encoding") != "gzip":
        return request
    try:
        return replace(request, body=gzip.decompress(request.body))
    except (OSError, EOFError, zlib.error) as error:
        raise AwsError("SerializationException", 400, "The body is not packed as it says.") from error
