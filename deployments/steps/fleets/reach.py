"""What the steps of a back end work from: its rows, read once per attempt, and the way into its account."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

from aws.access import Account as Door
from deployments.lambda_pace import pace_of
from deployments.models import CodeCopy, Deployment, Fleet, HandlerChange, HandlerState
from deployments.selectors.deployments import deployments
from deployments.selectors.fleets import fleet_of
from products.door import open_account
from products.models import Account, Environment, Purpose
from runs.steps import StepContext

ALIAS = "live"
"""The alias through which an API calls a function, where it does not call its newest code."""


@dataclass(frozen=True)
class BackEnd:
    """A deployment's back end: its fleet, and what shall happen to each handler that changes."""

    deployment: Deployment
    fleet: Fleet

    @classmethod
    def of(cls, context: StepContext) -> "BackEnd":
        deployment = deployments().select_related("environment__backend_account").get(run=context.run)
        fleet = fleet_of(deployment.environment)
        assert fleet is not None
        return cls(deployment, fleet)

    @property
    def environment(self) -> Environment:
        return self.deployment.environment

    @property
    def account(self) -> Account:
        return self.fleet.account

    @cached_property
    def changes(self) -> dict[str, HandlerChange]:
        """The handlers that change, by name."""
        return {change.name: change for change in self.deployment.handlers.all()}

    def in_state(self, *states: HandlerState) -> list[HandlerChange]:
        return [change for change in self.changes.values() if change.state in states]

    def function(self, name: str) -> str:
        """The name of a handler's function in AWS."""
        return f"{self.fleet.prefix}{name}"

    def code(self, sha256s: Collection[str]) -> dict[str, CodeCopy]:
        """By sha256, where Lambda can load this code from."""
        found = CodeCopy.objects.filter(bucket=self.environment.code_bucket, sha256__in=sha256s)
        return {copy.sha256: copy for copy in found}


def open_fleet(context: StepContext, account: Account, purpose: Purpose = Purpose.DEPLOY) -> Door:
    """Into the account, at the pace that all workers keep there together."""
    return open_account(context, account, purpose, pace=pace_of(account))
