"""The rules of a configuration, and how two of them are told apart and written down. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.comparison import as_text, from_pairs, from_text, lines, rows
from products.configuration import KeyChange, differences, problems

SECRETS = {
    "an AWS access key": "AKIAIOSFODNN7EXAMPLE",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----MIIE",
    "a Stripe secret key": "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "a signed token (JWT)": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
    "an address with a password in it": "postgres://user:pw@db.example.com/app",
    "a GitHub token": "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "a Slack token": "xoxb-1234567890-abcdefghij",
}
PUBLIC = [
    "",
    "true",
    "https://n2eqji12v4.execute-api.us-east-2.amazonaws.com/prod",
    "https://example.com:8443/a@b",
    "oah0kkkfg9rsrrnplm17u49p0",
    "us-east-2_oWj5l1j6m",
    "noreply@happyhippo.ai",
    "pk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "Grüße, 世界",
    "x" * 4_000,
]


@pytest.mark.parametrize("value", PUBLIC)
def test_public_values_hold(value: str) -> None:
    assert problems({"KEY": value}) == {}


@pytest.mark.parametrize("what", SECRETS)
def test_what_looks_like_a_secret_is_named_by_its_key_and_not_repeated(what: str) -> None:
    text = problems({"REACT_APP_X": SECRETS[what]})["REACT_APP_X"]
    assert f"The value of REACT_APP_X looks like {what}" in text
    assert SECRETS[what] not in text


@pytest.mark.parametrize("key", ["", "1A", "A-B", "A B", "Ä", "A\n", "A" * 101, "A.B"])
def test_keys_that_do_not_hold(key: str) -> None:
    assert "is not a key" in problems({key: "x"})[key]


def test_keys_that_hold() -> None:
    assert problems({"_": "x", "a1": "x", "A" * 100: "x"}) == {}


@pytest.mark.parametrize("value", ["a\nb", "a\tb", "\x00", "\x7f", "\x85", "\u2028", "\ud800"])
def test_control_characters_do_not_hold(value: str) -> None:
    assert "control character" in problems({"KEY": value})["KEY"]


def test_sizes() -> None:
    assert "4001 characters" in problems({"KEY": "x" * 4_001})["KEY"]
    assert problems({f"K{n}": "" for n in range(200)}) == {}
    assert "201 keys" in problems({f"K{n}": "" for n in range(201)})[""]
    assert "not text" in problems({"KEY": 1})["KEY"]


def test_differences_name_old_and_new() -> None:
    assert differences({"A": "1", "B": "2", "C": "3"}, {"A": "1", "B": "x", "D": ""}) == [
        KeyChange("B", "2", "x"),
        KeyChange("C", "3", None),
        KeyChange("D", None, ""),
    ]
    assert differences({"A": "1"}, {"A": "1"}) == []


KEYS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=60)


@given(st.dictionaries(KEYS, VALUES))
def test_text_there_and_back(values: dict[str, str]) -> None:
    assert from_text(as_text(values)) == values
    assert from_text(as_text(values).replace("\n", "\r\n")) == values


def test_text_that_does_not_hold_names_its_line() -> None:
    with pytest.raises(ValueError, match=r"Line 3 has no “=”"):
        from_text("A=1\n\nB\n")
    with pytest.raises(ValueError, match="Line 2 names A for the second time"):
        from_text("A=1\nA=2")


def test_fields_become_values() -> None:
    had = {"A": "1", "B": "2", "C": "3"}
    keys, values = ["A", "B", "C", "D", "NEW", ""], ["x", "", "3", "", "y", ""]
    assert from_pairs(keys, values, ["C"], had) == {"A": "x", "B": "", "NEW": "y"}


def test_fields_that_do_not_hold() -> None:
    with pytest.raises(ValueError, match="has no key"):
        from_pairs([""], ["x"], [], [])
    with pytest.raises(ValueError, match="A is there twice"):
        from_pairs(["A", "A"], ["1", "2"], [], [])


def test_equal_values_are_told_by_the_first_environment_that_has_them() -> None:
    found = rows([("dev", {"A": "1", "B": "x"}), ("test", {"A": "1"}), ("prod", {"A": "1", "B": "x"})])
    a, b = found
    assert (a.equal, a.missing) == (True, False)
    assert [(c.value, c.same_as) for c in a.cells] == [("1", ""), ("1", "dev"), ("1", "dev")]
    assert (b.equal, b.missing) == (False, True)
    assert [(c.value, c.same_as) for c in b.cells] == [("x", ""), (None, ""), ("x", "dev")]


def test_an_edit_keeps_rows_of_keys_that_it_takes_away() -> None:
    columns = [("dev", {"A": "1"}), ("prod", {"B": "2"})]
    found = lines(columns, "prod", {"C": "3"}, {"C": "wrong"})
    assert [(f.row.key, f.was, f.error, f.fixed) for f in found] == [
        ("A", None, "", True),
        ("B", "2", "", True),
        ("C", None, "wrong", False),
    ]
    assert [f.row.cells[1].value for f in found] == [None, None, "3"]
