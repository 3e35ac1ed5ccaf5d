"""The alarms that CloudWatch holds."""

from typing import Any

Alarms = dict[tuple[str, str, str], dict[str, Any]]
"""By account, Region and name, as boto3 shows them."""
