"""What a person sees, as a link holds it: read back as it was written, refused by name, and alive when columns are not."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import gunicorn
from tables.columns.select import COLORS
from tables.models import Column
from tables.query.definition import BadQuery, Condition, Group, Sort
from views_app.closed import MOST_PATHS, Closed
from views_app.colors import MOST_COLORS, ColorRule, colors_json, read_colors
from views_app.state import (
    ACCENTS,
    HEIGHTS,
    MATCHES,
    MOST_LINK,
    READ,
    TOO_LONG,
    WRITE,
    State,
    from_request,
    named,
    parts_of,
    too_long,
    unreadable,
)

KEYS = st.integers(1, 500)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
SCALARS = TEXTS | st.integers(-(10**18), 10**18) | st.floats(allow_nan=False, allow_infinity=False) | st.booleans()
VALUES = st.none() | SCALARS | st.lists(SCALARS, max_size=4).map(tuple)
CONDITIONS = st.builds(Condition, st.integers(0, 500), TEXTS, VALUES)


def groups(levels: int) -> st.SearchStrategy[Group]:
    items: st.SearchStrategy[Any] = CONDITIONS if levels == 1 else CONDITIONS | groups(levels - 1)
    return st.builds(Group, st.sampled_from(["all", "any"]), st.lists(items, max_size=4).map(tuple))


def sorts(most: int) -> st.SearchStrategy[tuple[Sort, ...]]:
    return st.lists(st.builds(Sort, KEYS, st.booleans()), max_size=most, unique_by=lambda sort: sort.column).map(tuple)


def pairs(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(KEYS, values, max_size=5).map(lambda found: tuple(found.items()))


COLOR_RULES = st.builds(ColorRule, st.just("row"), st.none(), st.sampled_from(COLORS), groups(2)) | st.builds(
    ColorRule, st.just("cell"), KEYS, st.sampled_from(COLORS), groups(2)
)
PATHS = st.text("0123456789abcdef", min_size=12, max_size=12)
STATES = st.builds(
    State,
    filter=st.none() | groups(3).filter(lambda group: group.items),
    sort=sorts(10),
    group=sorts(3),
    closed=st.builds(Closed, st.booleans(), st.sets(PATHS, max_size=5).map(lambda paths: tuple(sorted(paths)))),
    search=TEXTS.map(str.strip),
    match=st.sampled_from(MATCHES),
    accents=st.sampled_from(ACCENTS),
    hide=st.lists(KEYS, unique=True, max_size=9).map(tuple),
    columns=st.lists(KEYS, unique=True, max_size=9).map(tuple),
    widths=pairs(st.integers(60, 800)),
    frozen=st.integers(0, 20),
    height=st.sampled_from(list(HEIGHTS)),
    totals=pairs(st.sampled_from(["sum", "percent_empty", "average"])),
    colors=st.lists(COLOR_RULES, max_size=3).map(tuple),
)
COLUMNS = [Column(key=key, name=f"Column {key}", kind="text") for key in (1, 2, 3)]


@given(STATES)
def test_a_state_is_read_back_as_it_was_written(state: State) -> None:
    assert State().changed(state.texts()) == state


@given(STATES, STATES)
def test_the_parts_in_which_two_states_differ_make_one_of_the_other(one: State, other: State) -> None:
    parts = one.parts_beside(other)
    assert other.changed(parts) == one
    assert set(parts) == {name for name in READ if getattr(one, name) != getattr(other, name)}


def test_every_part_has_a_reader_a_writer_and_a_place_in_the_docs(settings: Any) -> None:
    names = set(State.__dataclass_fields__)
    assert set(READ) == set(WRITE) == names
    docs = (settings.ROOT / "docs/views.md").read_text()
    assert [name for name in names if f"| `{name}` |" not in docs] == []


def test_no_part_is_the_default_state_and_an_empty_part_takes_one_away() -> None:
    assert State().texts() == {}
    state = State().changed({"sort": "3,-5", "search": "anna", "hide": "4,9", "height": "tall", "frozen": "0"})
    assert (state.sort, state.frozen) == ((Sort(3), Sort(5, True)), 0)
    assert state.changed(dict.fromkeys(READ, "")) == State()


@pytest.mark.parametrize(
    ("part", "text", "sentence"),
    [
        ("filter", "[", "The part “filter” of this link cannot be read."),
        ("filter", "[" * 2_000, "The part “filter” of this link cannot be read."),
        ("filter", '["all",[1,"is",NaN]]', "The part “filter” of this link cannot be read."),
        ("filter", '["all",[1,"is",1e999]]', "The part “filter” of this link cannot be read."),
        ("filter", '["all",[1,"is","\\ud800"]]', "The part “filter” of this link cannot be read."),
        ("filter", '{"a":1}', "A filter is a list"),
        ("filter", json.dumps(["all", *[[1, "is", "x"]] * 200]), "at most 100 conditions; this has 200"),
        ("filter", '["all",' * 6 + '[1,"is","x"]' + "]" * 6, "at most 5 levels"),
        ("sort", "3,x", "“x” is not a column to sort by"),
        ("sort", "1; DROP TABLE tables_row", "is not a column to sort by"),
        ("group", "1,2,3,4", "At most 3 columns"),
        ("closed", "all,x", "“x” is not the name of a group"),
        ("closed", ",".join(f"{number:012x}" for number in range(MOST_PATHS + 1)), "at most 200 groups"),
        ("search", "x" * 1_001, "at most 1,000 characters"),
        ("match", "maybe", "“maybe” is no way to search"),
        ("accents", "some", "“some” is no way to read accents"),
        ("hide", "1,-2", "“-2” is not a whole number"),
        ("hide", ",".join(map(str, range(600))), "at most 500 columns"),
        ("columns", "٣", "is not a whole number"),
        ("widths", "3:20", "“20” is not a whole number from 60 to 800"),
        ("widths", "3", "is not a whole number from 60 to 800"),
        ("frozen", "99", "“99” is not a whole number from 0 to 20"),
        ("height", "huge", "“huge” is no row height"),
        ("totals", "3:Sum'", "“Sum'” is not the name of a total"),
        ("totals", "3", "is not the name of a total"),
        ("colors", "{}", "Color rules are a list"),
    ],
)
def test_a_part_that_cannot_be_is_refused_by_name_and_the_others_stay(part: str, text: str, sentence: str) -> None:
    with pytest.raises(BadQuery, match=r".") as refused:
        State().changed({part: text})
    assert sentence in str(refused.value)
    other = "height" if part != "height" else "search"
    state, problems = from_request({part: text, other: "tall"}, State())
    assert state == State().changed({other: "tall"})
    assert len(problems) == 1 and sentence in problems[0]
    assert unreadable({part: text, other: "tall", "view": "3"}) == [part]


@given(st.sampled_from(sorted(READ)), TEXTS | st.text('[]{}",:0123456789-alny', max_size=30))
def test_whatever_stands_in_a_link_there_is_a_state_or_a_sentence(part: str, text: str) -> None:
    state, problems = from_request({part: text}, State())
    assert State().changed(state.texts()) == state
    assert len(problems) <= 1 and all(problem.endswith(".") for problem in problems)


def test_other_parameters_are_no_parts() -> None:
    assert parts_of({"view": "3", "row": "9", "sort": "1", "x": "y"}) == {"sort": "1"}


def test_a_link_too_long_to_be_followed_says_to_save_the_view() -> None:
    parts = {"filter": json.dumps(["all", [1, "any_of", ["ä" * 90] * 20]], ensure_ascii=False)}
    assert len(parts["filter"]) < MOST_LINK and too_long(parts)  # as it is sent, each ä is six characters
    assert from_request(parts, State(search="x")) == (State(search="x"), [TOO_LONG])
    assert not too_long({"search": "x" * 1_000})


def test_the_web_server_takes_the_longest_link() -> None:
    assert gunicorn.limit_request_line > MOST_LINK + 1_000  # host, path and what proxies add


def test_the_dead_part_of_a_state_is_left_out_and_told_where_it_would_be_seen() -> None:
    row = ColorRule("row", None, "red", Group("all", (Condition(9, "is", "x"),)))
    cell = ColorRule("cell", 2, "green", Group("all", (Condition(2, "is", "x"), Condition(0, "created_by", 1))))
    state = State(
        sort=(Sort(1), Sort(8)), group=(Sort(9),), hide=(2, 9), columns=(9, 3, 1), widths=((9, 100), (1, 90)),
        totals=((2, "sum"), (7, "sum")), colors=(row, cell, ColorRule("cell", 9, "red", Group("all"))), search="x",
    )  # fmt: skip
    live, problems = state.live(COLUMNS)
    assert live == State(
        sort=(Sort(1),), hide=(2,), columns=(3, 1), widths=((1, 90),), totals=((2, "sum"),), colors=(cell,), search="x"
    )
    color = "A color rule about a column that was deleted is left out."
    assert problems == [
        "A sort by a column that was deleted is left out.",
        "A group by a column that was deleted is left out.",
        "A total of a column that was deleted is left out.",
        color,
        color,
    ]
    assert live.live(COLUMNS) == (live, [])


def test_parts_are_named_in_words() -> None:
    assert named(["filter"]) == "filter"
    assert named(["filter", "sort", "hide"]) == "filter, sort and hidden columns"
    assert named([]) == ""


# --- Colour rules ---------------------------------------------------------------------------------------------------


def rule(**changed: Any) -> dict[str, Any]:
    return {"on": "row", "color": "red", "filter": ["all", [1, "is", "x"]], **changed}


def test_color_rules_are_read_back_as_they_were_written() -> None:
    raw = [rule(), rule(on="cell", column=3, color="gray", filter=["any", ["all", [1, "empty"]]])]
    assert colors_json(read_colors(raw)) == raw


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        ([rule()] * (MOST_COLORS + 1), "at most 20 color rules; this has 21"),
        ([rule(color="mauve")], "“mauve” is no color of a rule"),
        ([rule(color=["red"])], "is no color of a rule"),
        ([rule(on="column")], "A color rule says what it is on"),
        ([rule(on=["row"])], "A color rule says what it is on"),
        ([rule(column=3)], "A color rule says what it is on"),
        ([rule(on="cell")], "A color rule says what it is on"),
        ([rule(on="cell", column="3")], "“3” is not the key of a column"),
        ([rule(on="cell", column=True)], "is not the key of a column"),
        ([rule(on="cell", column=0)], "is not the key of a column"),
        ([rule(filter="x")], "A filter is a list"),
        ([rule(more=1)], "A color rule says what it is on"),
        (["red"], "A color rule says what it is on"),
        ("red", "Color rules are a list"),
    ],
)
def test_color_rules_that_cannot_be_are_refused_by_name(raw: Any, sentence: str) -> None:
    with pytest.raises(BadQuery) as refused:
        read_colors(raw)
    assert sentence in str(refused.value)
