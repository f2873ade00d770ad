"""Answers: whatever a model says, a cell gets only what a person could have typed there."""

import json
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from ai import answers
from tables.columns import KINDS, BadValue
from tables.columns.base import CELL_LIMIT
from tests.test_kinds import CHOICES, NUMBERS, VALUES, ZONES, options_of

NEW, SMITH, BEST, E = (choice["id"] for choice in CHOICES["options"])
MANY = KINDS["select"].options({"options": [f"Choice {n}" for n in range(1_000)]})


def test_every_kind_that_a_person_can_write_a_model_can_fill() -> None:
    assert {key for key in KINDS if answers.supported(key)} == {key for key, kind in KINDS.items() if kind.writable}
    assert "fills itself" in (answers.lacking("auto_number", {}) or "")
    assert "choices first" in (answers.lacking("select", {"options": []}) or "")
    assert answers.lacking("select", CHOICES) is None and answers.lacking("number", {}) is None


@pytest.mark.parametrize("kind", VALUES)
def test_the_form_of_an_answer_is_one_that_the_api_takes(kind: str) -> None:
    def check(part: Any) -> None:
        """Only words of JSON Schema that structured outputs know; no minimum, no pattern, no length."""
        assert set(part) <= {"type", "properties", "required", "additionalProperties", "anyOf", "enum", "items", "format"}
        if part.get("type") == "object":
            assert part["additionalProperties"] is False and set(part["required"]) == set(part["properties"])
        assert part.get("enum", [1]), "an empty enum fits nothing"
        for inner in [*part.get("properties", {}).values(), *part.get("anyOf", ()), *filter(None, [part.get("items")])]:
            check(inner)

    every: list[dict[str, Any]] = [CHOICES, {"options": []}, {}]
    for options in every:
        form = answers.schema(kind, options)
        check(form)
        assert {"type": "null"} in form["properties"]["value"]["anyOf"]
        assert answers.instruction(kind, options).startswith("The value is ")
        assert answers.stored(kind, options, None) is None
    assert answers.max_tokens(kind) >= 1_024


def test_choices_are_named_in_the_schema_and_many_in_words() -> None:
    assert answers.schema("select", CHOICES)["properties"]["value"]["anyOf"][0]["enum"] == [c["name"] for c in CHOICES["options"]]
    assert answers.schema("multi_select", CHOICES)["properties"]["value"]["anyOf"][0]["items"]["enum"][0] == "New"
    assert answers.schema("rating", {"max": 3})["properties"]["value"]["anyOf"][0]["enum"] == [1, 2, 3]
    assert "New" not in answers.instruction("select", CHOICES)
    for kind in ("select", "multi_select"):
        assert "enum" not in json.dumps(answers.schema(kind, MANY))
        assert "Choice 0; Choice 1; " in answers.instruction(kind, MANY)
    long = KINDS["select"].options({"options": [f"{n} {'x' * 90}" for n in range(1_000)]})
    assert len(answers.instruction("select", long)) < answers.LISTED + 200
    assert "more." in answers.instruction("select", long)


@pytest.mark.parametrize(
    ("kind", "options", "value", "cell"),
    [
        ("text", {}, " Two\r\n\r\n lines\u2028here\x85 ", "Two lines here"),
        ("text", {}, "<script>alert(1)</script>", "<script>alert(1)</script>"),  # a text like others: shown, never run
        ("text", {}, "=SUM(A1)\x00\x1b\ud800!", "=SUM(A1)!"),
        ("text", {}, " \n\t", None),
        ("long_text", {}, "\nOne\r\n\r\n\tTwo\x07\n", "One\n\n\tTwo"),
        ("number", {}, 1234.5, 1234.5),
        ("number", {}, 0.1 + 0.2, 0.3),
        ("number", {}, 3.0, 3),
        ("number", {}, -0.0, 0),
        ("number", {}, "1,234.5", 1234.5),
        ("number", {}, 1e22, 10**22),
        ("currency", {"symbol": "€"}, 12.5, 12.5),
        ("currency", {"symbol": "€"}, "€ 12.50", 12.5),
        ("percent", {}, 12.5, 0.125),
        ("percent", {}, 100 / 3, 0.333333333333333),
        ("percent", {}, "7%", 0.07),
        ("checkbox", {}, True, True),
        ("checkbox", {}, False, None),
        ("checkbox", {}, "Yes", True),
        ("rating", {"max": 5}, 4, 4),
        ("rating", {"max": 5}, 4.0, 4),
        ("rating", {"max": 5}, "4 of 5", 4),
        ("date", {"format": "us"}, "2026-12-31", "2026-12-31"),
        ("date", {"format": "us"}, "31 Dec 2026", "2026-12-31"),
        ("datetime", {"format": "eu"}, "2026-12-31T23:30:00Z", "2026-12-31T23:30:00Z"),
        ("datetime", {}, "2026-12-31T23:30:00+02:00", "2026-12-31T21:30:00Z"),
        ("datetime", {}, "2026-12-31 23:30", "2026-12-31T23:30:00Z"),
        ("select", CHOICES, "nEW ", NEW),
        ("select", CHOICES, "smith,  john", SMITH),
        ("select", CHOICES, "", None),
        ("multi_select", CHOICES, ["new", 'THE "BEST"', "New"], [NEW, BEST]),
        ("multi_select", CHOICES, [], None),
        ("multi_select", CHOICES, "New", [NEW]),
        ("email", {}, " ann@example.com\n", "ann@example.com"),
        ("url", {}, "example.com/a", "https://example.com/a"),
        ("phone", {}, "+1 202 555 0143", "+1 202 555 0143"),
    ],
)
def test_answers_become_cells(kind: str, options: dict[str, Any], value: Any, cell: Any) -> None:
    with timezone.override("Asia/Kolkata"):  # a preview is asked in a person's time zone, a run in none
        found = answers.stored(kind, options, value)
    assert found == cell and type(found) is type(cell)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *[("text", value) for value in (1, True, ["a\x00\ud800"], {"value": "a"}, "x" * (CELL_LIMIT + 1), "é" * 60_000)],
        ("long_text", "x" * 1_000_000),
        *[
            (kind, value)
            for kind in ("number", "currency", "percent", "rating")
            for value in (float("nan"), float("inf"), json.loads("1e400"), True, False, 10**500, "many", [1], "NaN", "1e400")
        ],
        ("number", 1234567890123456789),  # a number's digits are all or nothing: it may be a name
        *[("rating", value) for value in (6, -1, 4.5)],
        *[("checkbox", value) for value in ("perhaps", 2, ["yes"])],
        *[("date", value) for value in ("2026-02-30", "03/04/2026", "tomorrow", 20261231)],
        *[("datetime", value) for value in ("2026-01-01T25:00:00Z", "noon", 1767139200)],
        *[("select", value) for value in ("Newer", NEW + "x", ["New"], 0)],
        *[("multi_select", value) for value in (["New", "Newer"], [["New"]], {"New": True}, [None, 3])],
        *[("email", value) for value in ("Ann <ann@example.com>", "none")],
        *[("url", value) for value in ("javascript:alert(1)//", "data:text/html,x", "none")],
        ("phone", "call me"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(kind: str, value: Any) -> None:
    with pytest.raises(BadValue) as refused:
        answers.stored(kind, {"max": 5, "format": "us", **CHOICES}, value)
    sentence = str(refused.value)
    assert sentence.endswith(".") and len(sentence) < 250
    assert "\x00" not in sentence and sentence.encode()  # it is stored with the cell


ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | NUMBERS
    | st.text(st.characters())
    | st.sampled_from([c["name"] for c in CHOICES["options"]]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=5,
)


@pytest.mark.parametrize("kind", VALUES)
@settings(max_examples=200)
@given(data=st.data())
def test_a_cell_holds_only_what_can_be_shown_and_typed_again(kind: str, data: st.DataObject) -> None:
    options = data.draw(options_of(kind))
    value: Any = data.draw(ANYTHING | VALUES[kind] | VALUES[kind].map(lambda each: KINDS[kind].text(each, options)))
    try:
        cell = answers.stored(kind, options, value)
    except BadValue as bad:
        assert "\x00" not in str(bad) and str(bad).encode()
        return
    if cell is None:
        return
    with timezone.override(data.draw(st.sampled_from(ZONES))):
        assert KINDS[kind].parse(KINDS[kind].edit_text(cell, options), options) == cell
        assert 'class="bad"' not in KINDS[kind].html(cell, options)
    assert "\x00" not in json.dumps(cell, ensure_ascii=False) and json.dumps(cell, ensure_ascii=False).encode()


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_what_a_person_typed_is_also_a_good_answer(kind: str, data: st.DataObject) -> None:
    """Not everything is refused: the text of any value that a cell holds is taken as that value."""
    options, value = data.draw(options_of(kind)), data.draw(VALUES[kind])
    if kind in ("text", "long_text"):
        value = " ".join(answers.cleaned(value).split())
    if (kind == "rating" and value > options["max"]) or value == "":
        return
    if kind == "percent" and not 1e-300 < abs(value) < 1e300:
        return
    written = KINDS[kind].edit_text(value, {} if kind == "date" else options)
    if kind == "datetime":
        written = value
    assert answers.stored(kind, options, written) == value
