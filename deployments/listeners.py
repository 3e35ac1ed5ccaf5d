"""Who else wants to know what deployments do: apps above this one, which add themselves in their `AppConfig.ready`."""

from collections.abc import Callable

from deployments.models import Deployment
from products.models import Account
from runs.models import Run

ended_by: list[Callable[[Deployment, Run], object]] = []
"""A deployment ended; told in the transaction that ends its Run."""

asked_by: list[Callable[[Account, int], object]] = []
"""CloudWatch was asked for so many metrics of an account's handlers, minute by minute."""
