"""The configuration that visitors of an environment get."""

from deployments.models import Artifact, EnvironmentState
from products.models import Environment
from products.served import Served


def served_config(environment: Environment) -> Served | None:
    """What `/config.json` holds there now; None where nothing runs or the values are built into the artifact."""
    state = (
        EnvironmentState.objects.select_related("running__release", "running__artifact", "running__config")
        .filter(pk=environment.pk)
        .first()
    )
    running = state.running if state else None
    if running is None or running.front_end.target != Artifact.ANY:
        return None
    return Served(running.release.version, running.config.values if running.config else {})
