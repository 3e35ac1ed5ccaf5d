"""Releases, the wishes to run one in an environment, and the fleets of functions that run back ends."""

from deployments.models.fleets import (
    CodeCopy,
    Fleet,
    HandlerChange,
    HandlerState,
    HandlerVersion,
    KnownFunction,
    Mode,
)
from deployments.models.readiness import Readiness
from deployments.models.releases import Artifact, Release, ReleaseStatus, StoredManifest, target, version
from deployments.models.wishes import Delivered, Deployment, DeploymentKind, EnvironmentState

__all__ = [
    "Artifact",
    "CodeCopy",
    "Delivered",
    "Deployment",
    "DeploymentKind",
    "EnvironmentState",
    "Fleet",
    "HandlerChange",
    "HandlerState",
    "HandlerVersion",
    "KnownFunction",
    "Mode",
    "Readiness",
    "Release",
    "ReleaseStatus",
    "StoredManifest",
    "target",
    "version",
]
