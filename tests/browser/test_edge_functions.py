"""The functions that run at CloudFront's edge, run by a browser's engine."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from provisioning.desired_edge import CODES

RUN = "([code, event]) => new Function(code + '; return handler;')()(event)"


def answer(browser: Browser, name: str, uri: str, host: str = "tim-combo.com", **query: Any) -> Any:
    page = browser.new_page()
    event = {"request": {"uri": uri, "headers": {"host": {"value": host}}, "querystring": query}}
    try:
        return page.evaluate(RUN, [CODES[name], event])
    finally:
        page.close()


@pytest.mark.browser
@pytest.mark.parametrize(
    ("uri", "served"),
    [
        ("/", "/index.html"),
        ("/weeks/2026/11", "/index.html"),
        ("/weeks.old/11", "/index.html"),
        ("/assets/main.0a1b2c3d.js", "/assets/main.0a1b2c3d.js"),
        ("/assets/missing.js", "/assets/missing.js"),
        ("/.well-known/security.txt", "/.well-known/security.txt"),
    ],
)
def test_an_address_of_the_app_is_its_entry_point_and_a_file_is_a_file(
    browser: Browser, uri: str, served: str
) -> None:
    assert answer(browser, "app-routing", uri)["uri"] == served


@pytest.mark.browser
@pytest.mark.parametrize(
    ("uri", "served"), [("/", "/index.html"), ("/docs/", "/docs/index.html"), ("/a.css", "/a.css")]
)
def test_a_folder_of_the_site_is_its_index(browser: Browser, uri: str, served: str) -> None:
    assert answer(browser, "static-routing", uri)["uri"] == served


@pytest.mark.browser
def test_the_site_has_one_name_and_one_address_for_a_folder(browser: Browser) -> None:
    twice = {"multiValue": [{"value": "1"}, {"value": "2"}], "value": "1"}
    found = answer(browser, "static-routing", "/docs", "www.tim-combo.com", a=twice, b={"value": ""})
    assert found["statusCode"] == 301
    assert found["headers"]["location"]["value"] == "https://tim-combo.com/docs?a=1&a=2&b"
    found = answer(browser, "static-routing", "/docs", q={"value": "x%20y"})
    assert found["headers"]["location"]["value"] == "/docs/?q=x%20y"
