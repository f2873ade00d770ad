"""What a run will take, before it is started: tokens, money and time, from a few rows of it.

Money is whole micro-dollars. Tokens are counted here, without a call: within a fifth or so for plain text.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ai.provider import Question, Reply

SAMPLED = 20  # rows
LETTERS = 3.5  # characters to a token in Latin script
OTHER_LETTERS = 2.0  # ... in Cyrillic, Arabic, Devanagari; Chinese, Japanese and Korean have a token for each character
FRAME = 60  # tokens that every call has beside its messages: their marks, and what is said of the schema
SURE_CELLS, SURE_MICROS = 100, 1_000_000  # beyond these a run asks first
_CJK = re.compile(r"[\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U0001f000-\U0003ffff]")
_OTHER = re.compile(r"[\u0370-\u1dff]")

# Tokens of an answer, with its JSON and what is thought before it. Where answers are known, they count instead.
_ANSWERED = {"text": 80, "long_text": 400, "multi_select": 60}
_ANSWERED_SHORT = 40


@dataclass(frozen=True, slots=True)
class Estimate:
    """What `cells` cells will take. `high_micros`: if every row were like the longest tenth of the sampled ones."""

    cells: int
    calls: int  # cells less those whose inputs are blank
    tokens_in: int
    tokens_out: int
    micros: int
    high_micros: int
    seconds: float
    per_minute: float

    def __str__(self) -> str:
        """“About $8.10 for 100,000 cells, about 100 minutes at 1,000 requests a minute.”"""
        if not self.calls:
            return f"Nothing to ask: in {counted(self.cells, 'cell')} all inputs are blank."
        high = f", at most {money(self.high_micros)}," if self.high_micros > 1.5 * self.micros else ""
        return (
            f"About {money(self.micros)}{high} for {counted(self.cells, 'cell')}, {span(self.seconds)}"
            f" at {counted(round(self.per_minute), 'request')} a minute."
        )


def tokens(text: str) -> int:
    """About how many tokens a text has."""
    dense, other = len(_CJK.findall(text)), 0 if text.isascii() else len(_OTHER.findall(text))
    return math.ceil(dense + other / OTHER_LETTERS + (len(text) - dense - other) / LETTERS)


def tokens_in(question: Question) -> int:
    """About how many tokens a call sends."""
    return tokens(question.system) + tokens(question.user) + tokens(json.dumps(question.schema, ensure_ascii=False)) + FRAME


def estimate(
    cells: int,
    questions: Sequence[Question | None],
    kind: str,
    price: Callable[[int, int], int],
    per_minute: float,
    known: Sequence[tuple[Question, Reply]] = (),
) -> Estimate:
    """What a run over `cells` cells will take.

    `questions`: of about SAMPLED of its rows (None: blank inputs); `price`: micros for so many tokens in and out (price_of);
    `per_minute`: calls that the key and the workers can make; `known`: what was asked and answered already, as in a preview:
    its tokens correct what is counted here. Without a sampled row with inputs, there is nothing to ask.
    """
    sent = [tokens_in(question) for question in questions if question is not None]
    calls = math.ceil(cells * len(sent) / len(questions)) if sent else 0
    answered = [reply.tokens_out for _, reply in known] or [_ANSWERED.get(kind, _ANSWERED_SHORT)]
    counted_known = sum(tokens_in(question) for question, _ in known)
    correction = sum(reply.tokens_in for _, reply in known) / counted_known if known else 1.0
    mean_in, high_in = correction * _mean(sent), correction * max(_ninety(sent), _mean(sent))
    mean_out, high_out = _mean(answered), max(_ninety(answered), _mean(answered))
    total_in, total_out = round(calls * mean_in), round(calls * mean_out)
    return Estimate(
        cells=cells,
        calls=calls,
        tokens_in=total_in,
        tokens_out=total_out,
        micros=price(total_in, total_out),
        high_micros=price(round(calls * high_in), round(calls * high_out)),
        seconds=calls / per_minute * 60 if per_minute > 0 else math.inf,
        per_minute=per_minute,
    )


def price_of(micros_in: int, micros_out: int) -> Callable[[int, int], int]:
    """The price of tokens in and out, from micros per million tokens: rounded up, so that no call is free."""
    return lambda tokens_in, tokens_out: -(-(tokens_in * micros_in + tokens_out * micros_out) // 1_000_000)


def needs_confirmation(cells: int, micros: int) -> bool:
    """Whether a run asks before it starts."""
    return cells > SURE_CELLS or micros > SURE_MICROS


def time_left(cells: int, done: int, seconds: float) -> float | None:
    """Seconds until `cells` more cells are done, when `done` of them took `seconds`; None while nothing is known."""
    return cells * seconds / done if done > 0 and seconds > 0 else None


def money(micros: int) -> str:
    """$8.10; below a cent the first two digits that say something: $0.00081. `micros` is not negative."""
    dollars = Decimal(micros).scaleb(-6)
    if dollars >= Decimal("0.01") or not micros:
        return f"${dollars.quantize(Decimal('0.01'), ROUND_HALF_UP):,}"
    step = Decimal(1).scaleb(max(dollars.adjusted() - 1, -6))
    return f"${dollars.quantize(step, ROUND_HALF_UP):f}".rstrip("0")


def span(seconds: float) -> str:
    """A time that lies ahead, in words: a few seconds, about 100 minutes, about 5 hours."""
    if not math.isfinite(seconds):
        return "for an unknown time"
    if seconds < 10:
        return "a few seconds"
    for size, name, most in ((1, "second", 90), (60, "minute", 120), (3600, "hour", 48)):
        if round(seconds / size) <= most:
            return f"about {counted(round(seconds / size), name)}"
    return f"about {counted(round(seconds / 86_400), 'day')}"


def counted(number: int, noun: str) -> str:
    """1 cell, 1,000 cells."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _mean(numbers: Sequence[int]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _ninety(numbers: Sequence[int]) -> int:
    """The number that nine of ten do not exceed."""
    return sorted(numbers)[math.ceil(len(numbers) * 0.9) - 1] if numbers else 0
