"""Who may do what: one table from role to permissions, shown as it stands on the page "Who may do what".

A token has scopes besides: it may do what its person may and one of its scopes covers.
"""

from django.db.models import TextChoices


class Role(TextChoices):
    VIEWER = "viewer", "Viewer"
    RELEASE_MANAGER = "release_manager", "Release manager"
    ADMIN = "admin", "Admin"
    AUDITOR = "auditor", "Auditor"


PERMISSIONS: dict[str, str] = {
    "estate.view": "See products, environments, releases and deployments",
    "release.register": "Register releases",
    "release.mark_bad": "Mark a release bad, or good again",
    "deployment.promote": "Promote a release to an environment",
    "deployment.rollback": "Roll an environment back",
    "deployment.override": "Promote past the promotion path, with a reason",
    "run.steer": "Retry, skip and cancel",
    "config.edit": "Edit the configuration of environments",
    "product.edit": "Edit products, environments and hostnames",
    "account.edit": "Edit AWS accounts and check them",
    "estate.apply": "Apply plans to AWS resources, and accept what was changed by hand",
    "alarm.silence": "Silence alarms, with a reason and an end",
    "notify.edit": "Edit who is told of what, and by which channels",
    "people.manage": "Create, deactivate and re-role people; issue and revoke tokens",
    "own.edit": "Change one's own password and settings, and revoke one's own tokens",
    "audit.view": "Read the audit log",
    "audit.export": "Export the audit log",
    "audit.verify": "Verify the audit log's chain",
}

EVERYBODY = frozenset({"estate.view", "own.edit"})

ROLES: dict[str, frozenset[str]] = {
    Role.VIEWER: EVERYBODY,
    Role.RELEASE_MANAGER: EVERYBODY
    | frozenset(
        {
            "release.register",
            "release.mark_bad",
            "deployment.promote",
            "deployment.rollback",
            "deployment.override",
            "run.steer",
            "alarm.silence",
            "audit.view",
        }
    ),
    Role.ADMIN: EVERYBODY
    | frozenset(
        {
            "config.edit",
            "product.edit",
            "account.edit",
            "estate.apply",
            "alarm.silence",
            "notify.edit",
            "people.manage",
            "audit.view",
            "audit.verify",
        }
    ),
    Role.AUDITOR: EVERYBODY | frozenset({"audit.view", "audit.export", "audit.verify"}),
}

SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset({"estate.view"}),
    "releases": frozenset({"estate.view", "release.register", "release.mark_bad"}),
    "deployments": frozenset(
        {
            "estate.view",
            "deployment.promote",
            "deployment.rollback",
            "deployment.override",
            "run.steer",
            "alarm.silence",
        }
    ),
    "config": frozenset({"estate.view", "config.edit"}),
    "estate": frozenset({"estate.view", "estate.apply"}),
    "audit": frozenset({"audit.view", "audit.export", "audit.verify"}),
}


def may(role: str, permission: str) -> bool:
    """Whether `role` holds `permission`. KeyError names a permission that does not exist."""
    if permission not in PERMISSIONS:
        raise KeyError(f"There is no permission {permission!r}.")
    return permission in ROLES.get(role, frozenset())


def who_may(permission: str) -> str:
    """The roles that hold `permission`, in words: "a release manager, an admin or an auditor"."""
    names = [("an " if r.label[0] in "AEIOU" else "a ") + r.label.lower() for r in Role if may(r, permission)]
    if not names:
        return "nobody"
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
