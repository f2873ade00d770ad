"""Questions and what they will cost."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai import estimate
from ai.estimate import money, needs_confirmation, price_of, span, tokens
from ai.models import AiColumn
from ai.prompts import BadPrompt
from ai.provider import Question, Reply
from ai.questions import document, fingerprint, question
from tables.models import Column, Row

TABLE = [
    Column(key=1, name="Notes", kind="text", options={}),
    Column(key=2, name="Mood", kind="select", options={"options": [{"id": "a1", "name": "Good", "color": "blue"}]}),
    Column(key=3, name="No", kind="auto_number", options={}),
]
HAIKU = price_of(100_000, 500_000)  # $0.10 and $0.50 for a million tokens


def asked(notes: str = "Sunny", model: str = "", prompt: str = "How is {#1}, row {#3}?") -> Question | None:
    row = Row(id=7, data={"1": notes} if notes else {}, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    return question(AiColumn(prompt=prompt, model=model), TABLE[1], TABLE, document(row, TABLE), "base-model")


def test_a_question_has_all_that_the_answer_depends_on() -> None:
    made = asked()
    assert made is not None
    assert made.model == "base-model" and made.max_tokens >= 1_024
    assert '<field name="Notes">Sunny</field>' in made.user and '<field name="No">7</field>' in made.user
    assert "one of the column's choices" in made.system
    assert made.schema["properties"]["value"]["anyOf"][0]["enum"] == ["Good"]
    assert asked(model="own-model") == replace(made, model="own-model")
    assert asked(notes="") is None
    with pytest.raises(BadPrompt):
        asked(prompt="{#1} {#9}")


def test_a_fingerprint_tells_questions_apart_and_nothing_else() -> None:
    made = asked()
    assert made is not None and len(fingerprint(made)) == 32
    others = [
        replace(made, model="m"),
        replace(made, system=made.system + " "),
        replace(made, user=made.user + "\ud800"),
        replace(made, schema={"type": "object"}),
        # The border between two messages counts.
        replace(made, system=made.system + made.user[:1], user=made.user[1:]),
    ]
    assert len({fingerprint(each) for each in [made, *others]}) == 6
    assert fingerprint(replace(made, max_tokens=9_999)) == fingerprint(made)  # a longer try of the same question
    turned = replace(made, schema=dict(reversed(made.schema.items())))
    assert fingerprint(turned) == fingerprint(made)
    # The same in every process, whatever its seed for hashes.
    code = (
        "from ai.provider import Question; from ai.questions import fingerprint;"
        "print(fingerprint(Question('m', 's', 'u', {'b': 1, 'a': 'é'})).hex())"
    )
    setup = "import django, os; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings'; django.setup();"
    done = subprocess.run([sys.executable, "-c", setup + code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint(Question("m", "s", "u", {"a": "é", "b": 1})).hex()


# --- Estimates ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        ("The quick brown fox jumps over the lazy dog. " * 20, 200, 300),  # 9 words, about 10 tokens each time
        ("東京都の天気は晴れです" * 10, 110, 110),
        ("Съешь же ещё этих мягких французских булок" * 10, 150, 260),
        ("Größe und Maße " * 10, 40, 60),
    ],
)
def test_tokens_are_counted_without_a_call(text: str, least: int, most: int) -> None:
    assert least <= tokens(text) <= most


@given(st.text(st.characters()), st.text(st.characters()))
def test_more_text_is_never_fewer_tokens(one: str, other: str) -> None:
    assert 0 <= tokens(one) <= tokens(one + other) <= tokens(one) + tokens(other)


def sized(wanted: int) -> Question:
    """A question of so many tokens."""
    made = Question("m", "", "", {})
    return replace(made, user="x" * int((wanted - estimate.tokens_in(made)) * estimate.LETTERS))


def test_a_run_of_a_hundred_thousand_cells_is_priced() -> None:
    """400 tokens in and 80 out for each of 100,000 cells: 40M x $0.10 + 8M x $0.50 for a million."""
    run = estimate.estimate(100_000, [sized(400)] * 20, "text", HAIKU, 1_000)
    assert (run.tokens_in, run.tokens_out, run.micros) == (40_000_000, 8_000_000, 8_000_000)
    assert str(run) == "About $8.00 for 100,000 cells, about 100 minutes at 1,000 requests a minute."


def test_blank_rows_cost_nothing_and_long_ones_are_told() -> None:
    half = estimate.estimate(1_000, [sized(400), None], "text", HAIKU, 100)
    assert half.calls == 500 and half.micros == pytest.approx(40_000)
    uneven = estimate.estimate(1_000, [*[sized(100)] * 17, *[sized(10_000)] * 3], "number", HAIKU, 100)
    assert uneven.tokens_in == pytest.approx(1_585_000) and uneven.high_micros == pytest.approx(1_020_000)
    assert str(uneven) == "About $0.18, at most $1.02, for 1,000 cells, about 10 minutes at 100 requests a minute."
    assert str(estimate.estimate(5, [None, None], "text", HAIKU, 100)) == "Nothing to ask: in 5 cells all inputs are blank."
    assert estimate.estimate(5, [], "text", HAIKU, 100).calls == 0


def test_what_a_preview_has_taken_corrects_the_guess() -> None:
    preview = [(sized(200), Reply("x", "m", 300, 20)), (sized(400), Reply("y", "m", 600, 40))]
    run = estimate.estimate(1_000, [sized(400)] * 4, "long_text", HAIKU, 100, known=preview)
    assert (run.tokens_in, run.tokens_out) == (600_000, 30_000)


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "$0.00"), (81, "$0.000081"), (1, "$0.000001"), (812, "$0.00081"), (9_999, "$0.01"), (10_000, "$0.01"),
     (8_100_000, "$8.10"), (995_000, "$1.00"), (1_234_567_890, "$1,234.57")],
)  # fmt: skip
def test_money_is_shown(micros: int, text: str) -> None:
    assert money(micros) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "a few seconds"), (40, "about 40 seconds"), (89, "about 89 seconds"), (100, "about 2 minutes"),
     (6_000, "about 100 minutes"), (18_000, "about 5 hours"), (300_000, "about 3 days"), (float("inf"), "for an unknown time")],
)  # fmt: skip
def test_times_are_shown(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_beyond_a_hundred_cells_or_a_dollar_a_run_asks_first() -> None:
    limits: list[tuple[int, int, Any]] = [(100, 1_000_000, False), (101, 0, True), (1, 1_000_001, True)]
    assert all(needs_confirmation(cells, micros) is wanted for cells, micros, wanted in limits)


def test_time_left_follows_from_what_is_done() -> None:
    assert estimate.time_left(900, 100, 60) == 540
    assert estimate.time_left(900, 0, 60) is None and estimate.time_left(900, 100, 0) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 10**8), st.integers(0, 10**8))
def test_no_call_is_ever_priced_below_what_it_costs(tokens_in: int, tokens_out: int, micros_in: int, micros_out: int) -> None:
    exact = tokens_in * micros_in + tokens_out * micros_out
    assert 0 <= price_of(micros_in, micros_out)(tokens_in, tokens_out) * 1_000_000 - exact < 1_000_000
