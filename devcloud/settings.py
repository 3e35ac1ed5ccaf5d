"""How slow the emulated cloud is. Changed at run time over the control address."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Settings:
    """Seconds, but for those that are named otherwise.

    `invalidation_seconds` until an invalidation is Completed and the edge forgets, `deploy_seconds` until a
    distribution is Deployed and the edge works by it, `update_seconds` until a function's update has succeeded,
    `lambda_rate` how many control-plane calls of Lambda are allowed a second (0: any number),
    `lambda_storage_bytes` how much code an account may keep in a Region, `session_seconds` the longest that role
    credentials live,
    `dns_seconds` until a change of records is INSYNC, `acm_seconds` until a new certificate tells the record that proves it, `acm_patience` until
    one that nobody proved has timed out,
    `versioning_seconds` until S3 knows everywhere that a bucket keeps versions, `iam_seconds` until a change of a role's policies holds,
    `metric_seconds` until a minute's numbers can be read, `partial_metrics` how many results of each GetMetricData come without a part
    of their data points (no seconds),
    `clock_offset` how far the cloud's clock is ahead of the machine's.
    """

    invalidation_seconds: float = 1.5
    deploy_seconds: float = 1.5
    session_seconds: float = 43_200.0
    update_seconds: float = 0.2
    lambda_rate: float = 15.0
    lambda_storage_bytes: float = 80_530_636_800.0
    dns_seconds: float = 0.3
    acm_seconds: float = 0.2
    acm_patience: float = 259_200.0
    iam_seconds: float = 0.3
    versioning_seconds: float = 0.1
    metric_seconds: float = 0.0
    partial_metrics: float = 0.0
    clock_offset: float = 0.0

    def change(self, wish: Mapping[str, Any]) -> dict[str, float]:
        """Change what is named and return all. Raises ValueError for an unknown name or a value that is no number."""
        known = {each.name for each in fields(self)}
        for name, value in wish.items():
            if name not in known or isinstance(value, bool) or not isinstance(value, int | float):
                raise ValueError(f"unknown setting or no number: {name}. Known: {', '.join(sorted(known))}")
            setattr(self, name, float(value))
        return asdict(self)
