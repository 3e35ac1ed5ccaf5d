"""Why a release is not registered or not deployed."""

from users.refusals import Refused


class BadRelease(Refused):
    code = "bad_release"
    status = 409


class NoArtifact(Refused):
    code = "no_artifact"
    status = 409


class StalePlan(Refused):
    code = "stale_plan"
    status = 409


class OutOfOrder(Refused):
    code = "out_of_order"
    status = 409


class VersionExists(Refused):
    code = "version_exists"
    status = 409
