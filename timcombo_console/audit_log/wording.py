"""What somebody tried, as a sentence that names the object. Pure."""

TRIED = {
    "account.check": "check the {subject}",
    "account.create": "add an AWS account",
    "account.edit": "change the {subject}",
    "alarm.silence": "silence the {subject}",
    "alarm.unsilence": "end the silence of the {subject}",
    "api.call": "call the API at {subject}",
    "api.unauthenticated": "call the API without a valid token at {subject}",
    "audit.export": "export the audit log",
    "audit.verify": "verify the audit log",
    "build.register": "tell of a build of {subject}",
    "channel.create": "add a channel for notifications",
    "channel.edit": "change the {subject}",
    "channel.test": "send a test to the {subject}",
    "config.restore": "restore a configuration of {subject}",
    "config.save": "change the configuration of {subject}",
    "delivery.repeat": "have {subject} sent again",
    "deployment.cancel": "cancel the deployment of {subject}",
    "deployment.promote": "promote {subject} to {environment}",
    "deployment.retry": "retry the deployment of {subject}",
    "deployment.rollback": "roll {place} back",
    "deployment.skip": "skip a step of the deployment of {subject}",
    "environment.create": "add an environment to {subject}",
    "environment.edit": "change the settings of {subject}",
    "environment.look": "look at {place}",
    "environment.prune": "prune {subject}",
    "estate.accept": "accept the {subject} as it is",
    "estate.apply": "apply a plan to the AWS resources of {subject}",
    "estate.cancel": "stop a plan for the AWS resources of {subject}",
    "estate.import": "import an estate",
    "estate.look": "look at the AWS resources of {subject}",
    "estate.retry": "go on with a plan for the AWS resources of {subject}",
    "estate.unaccept": "no longer accept the {subject} as it is",
    "fleet.accept": "accept what was edited by hand in {subject}",
    "fleet.prune": "prune the versions of {subject}",
    "handler.retry": "retry a handler of the deployment of {subject}",
    "handler.skip": "leave a handler out of the deployment of {subject}",
    "hostnames.edit": "change the hostnames of {subject}",
    "own.change_password": "change the own password",
    "own.change_settings": "change the own settings",
    "page.open": "open the page {subject}",
    "person.change_role": "change the role of {subject}",
    "person.create": "add a person",
    "person.deactivate": "deactivate {subject}",
    "person.reactivate": "reactivate {subject}",
    "person.reset_password": "give {subject} a new initial password",
    "product.create": "add a product",
    "product.edit": "change the product {subject}",
    "product.set_up": "set up a product",
    "records.remove": "remove records of {subject}",
    "records.undo": "take back a change of the records of {subject}",
    "release.mark_bad": "mark {subject} bad or good",
    "release.register": "register a release of {subject}",
    "rule.create": "add a rule for notifications",
    "rule.edit": "change the {subject}",
    "session.lock_out": "sign in while locked out",
    "session.sign_in": "sign in",
    "session.sign_out": "sign out",
    "token.issue": "issue a token for {subject}",
    "token.revoke": "revoke the token {subject}",
    "truth.ask": "ask what {place} serves",
    "zone.edit": "change the hosted zone of {subject}",
}
"""By action name: what follows "Tried to" when it was refused."""


def action_name(name: str) -> str:
    """ "deployment.roll_back" → "Deployment: roll back"."""
    return name.replace(".", ": ").replace("_", " ").capitalize()


def tried(action: str, *, subject: str, product: str, environment: str) -> str:
    """ "Tried to promote Tim-Combo 1.1.0 to test". What the event does not tell is named by its kind."""
    place = f"{product} {environment}".strip() or subject or "the console"
    wish = TRIED.get(action) or f"do “{action_name(action)}” to {{subject}}"
    return "Tried to " + wish.format(
        subject=subject or place, environment=environment or "an environment", place=place
    )
