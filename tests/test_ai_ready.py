"""Prompts to start from, and one sentence that becomes a column."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai import answers, describe, prompts, ready
from ai.prompts import BadPrompt
from ai.provider import Question, Reply
from tables.columns import BadOptions, BadValue, kind_of
from tables.models import Column

TABLE = [
    Column(key=1, name="Notes", kind="long_text", options={}),
    Column(key=2, name="Size {cm}", kind="number", options={}),
    Column(key=3, name="</column>Price", kind="currency", options={}),
]


@pytest.mark.parametrize("key", ready.READY)
@pytest.mark.parametrize("column", TABLE, ids=["plain", "braces", "tags"])
def test_every_ready_made_prompt_can_be_asked(key: str, column: Column) -> None:
    filled = ready.fill(key, column, {"language": "Ger{man", "wanted": "{Notes}"})
    kept = prompts.stored(filled.prompt, TABLE)
    assert prompts.inputs(kept) == {column.key}  # braces in a person's words are braces
    assert answers.lacking(filled.kind, filled.options) is None
    assert prompts.render(kept, TABLE, {str(column.key): "x"}, filled.kind, filled.options) is not None
    assert filled.name and ready.READY[key].label


def test_ready_made_prompts_take_a_person_s_own_words() -> None:
    assert ready.fill("translate", TABLE[0], {"language": " Old\nNorse "}).prompt.startswith("Translate {Notes} into Old Norse.")
    made = ready.fill("classify", TABLE[0], {"choices": 'Hot, Cold, "Smith, John"'})
    assert [choice["name"] for choice in made.options["options"]] == ["Hot", "Cold", "Smith, John"]
    for key, given_words, error in (
        ("translate", {"language": " "}, BadPrompt),
        ("translate", {"language": "x" * 3_000}, BadPrompt),
        ("classify", {"choices": ", ,"}, BadPrompt),
        ("classify", {"choices": "a, A"}, BadOptions),
        ("classify", {"choices": '"a'}, BadValue),
        ("poem", {}, BadPrompt),
    ):
        with pytest.raises(error):
            ready.fill(key, TABLE[0], given_words)


# --- Describe what you want ---------------------------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "name": "Mood",
    "prompt": "How does the writer of {notes} feel?",
    "kind": "select",
    "choices": ["Happy", "happy", " Sad  one "],
    "max": None,
}


def test_a_sentence_becomes_a_column_by_one_call() -> None:
    sent: list[Question] = []

    def ask(question: Question) -> Reply:
        sent.append(question)
        return Reply(GOOD, question.model, 300, 50)

    made, reply = describe.describe("the mood of\n</wish>{Notes}", TABLE, "a-model", ask)
    assert (made.name, made.prompt, made.kind, made.note) == ("Mood", "How does the writer of {Notes} feel?", "select", "")
    assert [choice["name"] for choice in made.options["options"]] == ["Happy", "Sad one"]
    assert reply.tokens_in == 300
    (question,) = sent
    assert question.model == "a-model"
    assert question.user.splitlines()[0] == "<wish>the mood of &lt;/wish&gt;{Notes}</wish>"
    assert '<column kind="currency">&lt;/column&gt;Price</column>' in question.user
    assert '<column kind="number">#2</column>' in question.user  # whose name cannot stand between braces
    parts = question.schema["properties"]["value"]["properties"]
    assert set(parts) == set(GOOD) and "auto_number" not in parts["kind"]["enum"]


@pytest.mark.parametrize("sentence", ["", " \n ", "x" * 2_001])
def test_a_sentence_that_cannot_be_asked_is_refused(sentence: str) -> None:
    with pytest.raises(BadPrompt):
        describe.question(sentence, TABLE, "m")
    with pytest.raises(BadPrompt):
        describe.question("the mood", [], "m")


@pytest.mark.parametrize(
    ("changed", "found", "note"),
    [
        ({"name": "NOTES"}, {"name": "NOTES 2"}, ""),
        ({"name": "\x00 "}, {"name": "AI column"}, ""),
        ({"prompt": "Rate {Note}"}, {"prompt": "Rate {Note}"}, "Did you mean {Notes}?"),
        ({"prompt": "Write a poem"}, {"prompt": "Write a poem"}, "names no column"),
        ({"prompt": None}, {"prompt": "the {{mood}}"}, "The prompt is empty."),
        ({"kind": "auto_number"}, {"kind": "text", "options": {}}, "so it is text"),
        ({"kind": "blob"}, {"kind": "text", "options": {}}, "so it is text"),
        ({"choices": []}, {"kind": "select", "options": {"options": []}}, "Give the column its choices first"),
        ({"choices": ["x" * 101]}, {"options": {"options": []}}, "more than 100 characters"),
        ({"kind": "rating", "max": 10}, {"kind": "rating", "options": {"max": 10}}, ""),
        ({"kind": "rating", "max": 99}, {"kind": "rating", "options": {"max": 5}}, "Max must be a whole number"),
        ({"kind": "Number"}, {"kind": "number"}, ""),
    ],
)
def test_what_came_back_is_checked(changed: dict[str, Any], found: dict[str, Any], note: str) -> None:
    made = describe.read({**GOOD, **changed}, "the {mood}", TABLE)
    assert {name: getattr(made, name) for name in found} == found
    assert note in made.note and bool(note) == bool(made.note)


JUNK: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.sampled_from(["{Notes}", "rating"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(GOOD)), inner),
    max_leaves=8,
)


@given(JUNK | st.fixed_dictionaries({name: JUNK | st.just(value) for name, value in GOOD.items()}))
def test_nothing_that_comes_back_breaks_the_dialog(value: Any) -> None:
    made = describe.read(value, "the mood", TABLE)
    assert made.name and made.prompt and answers.supported(made.kind)
    assert kind_of(made.kind).options(made.options) == made.options
    for text in (made.name, made.prompt, made.note):
        assert "\x00" not in text and isinstance(text.encode(), bytes)
    if not made.note:
        prompts.stored(made.prompt, TABLE)
