"""`manage estate plan`: what CI reads."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.provisioning.conftest import Estate


def plan(*args: str) -> tuple[int, str]:
    """Exit status and output."""
    out = StringIO()
    try:
        call_command("estate", "plan", *args, stdout=out)
    except CommandError as error:
        return error.returncode, out.getvalue() + str(error)
    return 0, out.getvalue()


def test_the_exit_status_says_whether_aws_is_as_the_settings_say(estate: Estate) -> None:
    status, text = plan("tim-combo")
    assert (status, "not seen: bucket tim-app-dev-855652006097" in text) == (1, True)
    estate.look()
    status, text = plan("tim-combo")
    assert (status, "adopt bucket tim-app-dev-855652006097 in account 855652006097" in text) == (2, True)
    assert "    rules.console-old-versions.kept: not set -> 5" in text
    estate.applied()
    assert plan("tim-combo") == (0, "tim-combo: nothing to do\n")
    status, text = plan()
    assert (status, text.startswith("flux-systems: ")) == (1, True)


def test_a_product_that_is_not_there_is_said(estate: Estate) -> None:
    status, text = plan("other")
    assert (status, "There is no product other" in text) == (1, True)


@pytest.mark.parametrize("args", [("plan", "a", "b"), ()])
def test_other_words_are_refused(estate: Estate, args: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        call_command("estate", *args)
