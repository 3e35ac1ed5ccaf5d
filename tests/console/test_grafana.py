"""The dashboard for Grafana draws all that `/metrics` tells, and nothing else."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from runs import counters
from timcombo_console.metrics import metrics_text

pytestmark = pytest.mark.django_db

BOARD = Path(__file__).parents[2] / "docs" / "grafana" / "console.json"
OPERATIONS = BOARD.parents[1] / "OPERATIONS.md"
NAME = re.compile(r"\bconsole_[a-z0-9_]+")
ENDINGS = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "gauge": [""]}


def panels() -> list[dict[str, Any]]:
    board: dict[str, Any] = json.loads(BOARD.read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def asked() -> set[str]:
    """The names in the expressions of all panels."""
    return {name for one in panels() for target in one["targets"] for name in NAME.findall(target["expr"])}


def exposed() -> dict[str, set[str]]:
    """By metric, the names under which Prometheus keeps it."""
    families = text_string_to_metric_families(metrics_text().decode())
    return {one.name: {one.name + ending for ending in ENDINGS[one.type]} for one in families}


def test_every_metric_that_is_drawn_is_one_that_the_console_tells() -> None:
    assert asked() - set().union(*exposed().values()) == set()


def test_every_metric_that_the_console_tells_is_drawn() -> None:
    assert [metric for metric, names in exposed().items() if not names & asked()] == []


def test_every_label_that_is_drawn_is_one_of_the_metric() -> None:
    counters.add({counters.key("aws_throttles", service="s3", operation="PutObject"): 1})
    text = metrics_text().decode()
    assert 'console_aws_throttles_total{operation="PutObject",service="s3"}' in text
    for panel in panels():
        for target in panel["targets"]:
            grouped = re.search(r"by \(([a-z, ]+)\)", target["expr"])
            by = set(grouped[1].split(", ")) if grouped else set()
            assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) == by - {"le"}, panel["title"]


def test_panels_ask_the_source_that_is_chosen_and_lie_side_by_side() -> None:
    board = json.loads(BOARD.read_text())
    assert [one["name"] for one in board["templating"]["list"]] == ["DS_PROMETHEUS"]
    assert {one["datasource"]["uid"] for one in panels()} == {"${DS_PROMETHEUS}"}
    ids = [one["id"] for one in board["panels"]]
    assert len(set(ids)) == len(ids)
    cells = [
        (x, y)
        for one in board["panels"]
        for at in [one["gridPos"]]
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def test_rules_for_alerts_ask_for_metrics_that_the_console_tells() -> None:
    rules = OPERATIONS.read_text().partition("groups:")[2].partition("```")[0]
    named = set(NAME.findall(rules))
    assert named
    assert named - set().union(*exposed().values()) == set()
