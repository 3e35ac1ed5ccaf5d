"""The template tags, through templates."""

from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.template import engines
from django.utils import timezone

from timcombo_console.templatetags.console import STATUSES, STEPS


def drawn(source: str, **context: Any) -> str:
    template = engines["django"].from_string(source)
    return str(template.render(context))


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in drawn('{% icon "check" %}')
    named = drawn('{% icon "check" "go" label="Met" %}')
    assert 'role="img"' in named
    assert "<title>Met</title>" in named
    assert "aria-hidden" not in named


def test_every_icon_that_code_and_templates_name_is_in_the_sprite() -> None:
    from tests.console.sources import named_icons, sprite_icons

    assert named_icons() <= sprite_icons()


def test_a_sign_has_shape_word_and_colour() -> None:
    sign = drawn('{% sign "go" "Live" %}')
    assert 'class="sign go"' in sign
    assert "#check" in sign
    assert ">Live</span>" in sign
    assert "<svg" not in drawn('{% sign "" "Protected" "" %}')


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_told_by_a_word_and_a_shape(status: str) -> None:
    word = STATUSES[status][1]
    assert word in drawn("{% status_sign status %}", status=status)
    assert f"<title>{word}</title>" in drawn("{% status_icon status %}", status=status)


@pytest.mark.parametrize("state", STEPS)
def test_every_state_of_a_step_is_named(state: str) -> None:
    assert f"<title>{STEPS[state][2]}</title>" in drawn("{% step_icon state %}", state=state)


def test_times_carry_the_utc_time() -> None:
    when = timezone.now() - timedelta(minutes=4, seconds=30)
    for name in ("age", "ago", "utc", "clock"):
        time = drawn("{{ when|" + name + " }}", when=when)
        assert f'datetime="{when:%Y-%m-%dT%H:%M:%S}Z"' in time
        assert f'title="{when:%Y-%m-%d %H:%M:%S} UTC"' in time
    assert ">4 min ago<" in drawn("{{ when|ago }}", when=when)


def test_what_never_was_is_never() -> None:
    assert drawn("{{ when|ago }} {{ when|age }} {{ when|utc }}", when=None) == "never never never"


def test_changes_are_sorted_and_leave_out_what_is_equal() -> None:
    rows = drawn(
        "{% for key, old, new in before|changes:after %}{{ key }}:{{ old }}>{{ new }} {% endfor %}",
        before={"b": 1, "same": 2},
        after={"a": 3, "same": 2},
    )
    assert rows == "a:None>3 b:1>None "


def test_what_people_wrote_is_escaped() -> None:
    bad = "<script>alert(1)</script>"
    for source in ('{% sign "" bad "" %}', '{% icon "x" label=bad %}', '{% status_sign "live" bad %}'):
        assert "<script" not in drawn(source, bad=bad)
    row = drawn('{% include "partials/diff.html" %}', rows=[(bad, bad, None)])
    assert "<script" not in row
    assert "not set" in row


class Question(forms.Form):
    reason = forms.CharField(help_text="Everybody sees it.", widget=forms.Textarea)
    sure = forms.BooleanField(required=False)
    pick = forms.ChoiceField(widget=forms.RadioSelect, choices=[("a", "A"), ("b", "B")], required=False)
    where = forms.ChoiceField(choices=[("x", "X")], required=False)
    plan = forms.CharField(widget=forms.HiddenInput, required=False)


def test_a_form_is_drawn_in_our_markup() -> None:
    page = drawn("{{ form }}", form=Question(initial={"plan": "4f9a"}))
    assert '<label class="form-label" for="id_reason">Reason</label>' in page
    assert 'class="form-control"' in page
    assert 'class="form-select"' in page
    assert 'class="form-check-input"' in page
    assert "(may stay empty)" in page
    assert "<legend" in page
    assert '<input type="hidden" name="plan" value="4f9a"' in page


def test_a_wrong_form_keeps_what_was_typed_and_links_its_errors() -> None:
    typed = drawn("{{ form }}", form=Question({"reason": "", "plan": "4f9a", "pick": "b"}))
    assert 'aria-invalid="true"' in typed
    assert 'aria-describedby="id_reason_helptext id_reason_error"' in typed
    assert 'id="id_reason_error"' in typed
    assert 'id="id_reason_helptext"' in typed
    assert 'value="b"' in typed
    assert "checked" in typed
    assert 'aria-invalid="true"' not in drawn("{{ form }}", form=Question({"reason": "TC-482"}))
