"""What the services of this app refuse with, besides what all do."""

from users.refusals import Refused


class StaleEstate(Refused):
    """The plan was made of another situation."""

    code = "stale_plan"
    status = 409
