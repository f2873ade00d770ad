"""The options of column kinds: checked, completed, and kept in step with the cells."""

import json
import re
from typing import Any

import pytest

from tables.columns import COLORS, KINDS, BadOptions, BadValue, kind_of
from tests.test_kinds import CHOICES


def test_a_choice_is_found_by_name_whatever_its_case() -> None:
    assert KINDS["select"].parse(" smith,  JOHN ", CHOICES) == "b2"
    assert KINDS["multi_select"].parse('new, "Smith, John", NEW', CHOICES) == ["a1", "b2"]
    assert KINDS["multi_select"].parse(" , ", CHOICES) is None


def test_an_unknown_choice_is_refused_naming_the_choices() -> None:
    with pytest.raises(BadValue, match="“Nwe” is not among the choices: New, Smith, John"):
        KINDS["select"].parse("Nwe", CHOICES)
    with pytest.raises(BadValue, match="and 995 more"):
        KINDS["select"].parse("x", KINDS["select"].options({"options": [f"n{n}" for n in range(1_000)]}))


def test_editing_choices_keeps_their_ids_and_never_gives_a_deleted_one_to_another() -> None:
    kind = KINDS["select"]
    first = kind.options({"options": ["A", "B", "C"]})
    ids = [choice["id"] for choice in first["options"]]
    assert len(set(ids)) == 3
    edited = kind.options({"options": [{**first["options"][2], "name": "See"}, {"name": "D"}]})
    assert edited["options"][0]["id"] == ids[2]
    assert edited["options"][1]["id"] not in ids
    assert kind.options(edited) == edited


def test_renaming_a_choice_shows_at_once() -> None:
    kind = KINDS["select"]
    before = kind.options({"options": [{"id": "a", "name": "Old"}]})
    assert kind.text("a", before) == "Old"
    assert kind.text("a", kind.options({"options": [{"id": "a", "name": "New"}]})) == "New"


@pytest.mark.parametrize(
    ("key", "raw", "says"),
    [
        ("number", {"decimals": 11}, "0 to 10"),
        ("number", {"decimals": "x"}, "0 to 10"),
        ("number", {"decimals": True}, "0 to 10"),
        ("number", {"thousands": "perhaps"}, "yes or no"),
        ("currency", {"symbol": "dollars"}, "1 to 5"),
        ("currency", {"symbol": ""}, "1 to 5"),
        ("currency", {"symbol": "<b>"}, "currency signs and letters"),
        ("currency", {"symbol": "1"}, "currency signs and letters"),
        ("rating", {"max": 0}, "1 to 10"),
        ("date", {"format": "french"}, "one of iso, eu, us, long"),
        ("date", {"format": ["iso"]}, "one of iso, eu, us, long"),
        ("datetime", {"clock": 13}, "12 or 24"),
        ("select", {"options": "a"}, "at most 1,000"),
        ("select", {"options": [f"{n}" for n in range(1_001)]}, "at most 1,000"),
        ("select", {"options": ["a", " A "]}, "Two choices are named"),
        ("select", {"options": [{"id": "a", "name": "x"}, {"id": "a", "name": "y"}]}, "Two choices have the id"),
        ("select", {"options": [{"id": '"><', "name": "x"}]}, "letters and digits"),
        ("select", {"options": [{"name": "x", "color": "mauve"}]}, "not a colour"),
        ("select", {"options": [{"name": "x", "color": ["blue"]}]}, "not a colour"),
        ("select", {"options": [{"name": " "}]}, "has no name"),
        ("select", {"options": [None]}, "has no name"),
        ("select", {"options": ["x" * 101]}, "100 characters"),
        ("select", {"options": ["x\x00"]}, "NUL"),
    ],
)
def test_bad_options_are_refused_with_a_sentence(key: str, raw: dict[str, Any], says: str) -> None:
    with pytest.raises(BadOptions, match=re.escape(says)):
        KINDS[key].options(raw)


@pytest.mark.parametrize("key", KINDS)
def test_completed_options_are_complete_and_can_be_stored(key: str) -> None:
    options = KINDS[key].options({})
    assert json.loads(json.dumps(KINDS[key].options(options))) == options


def test_options_come_from_forms_as_text_too() -> None:
    assert KINDS["number"].options({"decimals": "2", "thousands": "on"}) == {"decimals": 2, "thousands": True}
    assert KINDS["number"].options({"decimals": "", "thousands": ""}) == {"decimals": None, "thousands": False}


def test_an_unknown_kind_is_refused_naming_the_kinds() -> None:
    with pytest.raises(BadOptions, match=r"no column kind “colour”.*multi_select"):
        kind_of("colour")


def test_there_are_twelve_colours() -> None:
    assert len(set(COLORS)) == 12


@pytest.mark.parametrize("key", ["auto_number", "created_time", "modified_time"])
def test_a_kind_that_fills_itself_cannot_be_written_and_says_where_its_value_is(key: str) -> None:
    kind = KINDS[key]
    assert kind.row_field in ("id", "created_at", "modified_at")
    with pytest.raises(BadValue, match="fills itself"):
        kind.parse("1", {})
