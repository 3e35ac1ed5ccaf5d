"""AWS as a script: answers in a fixed order, with every request and answer held to AWS's own model of the service."""

from typing import Any

from botocore.stub import Stubber

from aws.access import Account


class Script:
    """What a service of an account will be asked next and answers; anything else fails the test."""

    def __init__(self, account: Account, service: str) -> None:
        self._stubber = Stubber(account.client(service))
        self._stubber.activate()

    def answer(self, method: str, answer: dict[str, Any], **expected: Any) -> None:
        """Next `method` (in boto's spelling) is called with `expected`, and this is the answer."""
        whole = {"ResponseMetadata": {"RequestId": "id", "HTTPStatusCode": 200}, **answer}
        self._stubber.add_response(method, whole, expected)

    def refuse(self, method: str, status: int, code: str, **expected: Any) -> None:
        """Next `method` is called with `expected` and refused with this error."""
        self._stubber.add_client_error(
            method, code, f"{code} in words.", http_status_code=status, expected_params=expected
        )

    def end(self) -> None:
        """Make sure that everything was asked."""
        self._stubber.assert_no_pending_responses()
        self._stubber.deactivate()
