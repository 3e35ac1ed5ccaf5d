"""What the steps of a deployment work from: its rows, its manifest and its places, read once per attempt."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from deployments.environment_config import config_body
from deployments.manifest import FileEntry, Manifest, Role
from deployments.models import Artifact, Deployment
from deployments.planner import Side
from deployments.selectors.deployments import deployments
from deployments.selectors.releases import manifest_of
from deployments.writing import upload_order
from products.models import Account, Environment
from runs.steps import StepContext


def served_manifest(deployment: Deployment, archived: Manifest) -> Manifest:
    """The files that visitors get by a deployment: those of its artifact, and the environment's `/config.json`."""
    values = deployment.config.values if deployment.config else {}
    one_for_all = deployment.front_end.target == Artifact.ANY
    return Side(deployment.release.version, archived, values, one_for_all).served()


@dataclass(frozen=True)
class Wish:
    """A deployment with the manifest it serves (`/config.json` of the environment included, where there is one)."""

    deployment: Deployment
    archived: Manifest

    @classmethod
    def of(cls, context: StepContext) -> "Wish":
        # All of it now: the jobs of a transfer are made inside its event loop, where no row can be read.
        places = ("environment__frontend_account", "environment__product__artifact_account")
        rows = deployments().select_related("artifact__release__product", *places)
        deployment = rows.get(run=context.run)
        return cls(deployment, manifest_of(deployment.front_end))

    @property
    def environment(self) -> Environment:
        return self.deployment.environment

    @property
    def artifact(self) -> Artifact:
        return self.deployment.front_end

    @property
    def archive_account(self) -> Account:
        return self.environment.product.artifact_account

    @property
    def archive_bucket(self) -> str:
        return self.environment.product.artifact_bucket

    @property
    def configuration(self) -> Mapping[str, str]:
        return self.deployment.config.values if self.deployment.config else {}

    @property
    def one_for_all(self) -> bool:
        return self.artifact.target == Artifact.ANY

    @cached_property
    def served(self) -> Manifest:
        return served_manifest(self.deployment, self.archived)

    @cached_property
    def config_body(self) -> bytes | None:
        """The bytes of `/config.json` that the console writes; None when the artifact brings its own or none."""
        return config_body(self.configuration) if self.one_for_all else None

    def files(self, *roles: Role) -> tuple[FileEntry, ...]:
        """The served files of these roles, in the order in which they must be written."""
        return tuple(
            file for phase in upload_order(self.served) if phase.role in roles for file in phase.files
        )
