"""A page that fails gives a number that the log knows."""

import re

import structlog
from django.test import RequestFactory

from timcombo_console.errors import server_error


def test_a_failed_page_gives_the_number_that_is_in_the_log() -> None:
    with structlog.testing.capture_logs() as lines:
        answer = server_error(RequestFactory().get("/deployments/7/?token=secret"))
    shown = re.search(r'<span class="mono">([0-9a-f ]+)</span>', answer.content.decode())
    assert answer.status_code == 500
    assert shown is not None
    assert [line["number"] for line in lines] == [shown[1].replace(" ", "")]
    assert "secret" not in str(lines)


def test_the_page_needs_no_database_and_no_person() -> None:
    page = server_error(RequestFactory().get("/")).content.decode()
    assert "The page could not be made" in page
    assert "Traceback" not in page
