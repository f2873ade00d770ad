"""Who answers for a base: its key and model, the models to pick from with their prices, or a sentence on why nobody does."""

from dataclasses import dataclass

from ai import estimate, keys, known_models, prices
from ai.context import NO_KEY
from ai.failures import Blocked
from ai.models import BaseAi
from ai.provider import is_demo
from bases.models import Base

MILLION = 1_000_000


@dataclass(frozen=True)
class Answering:
    """`key` is None, and `problem` a sentence, where nobody can be asked. `is_demo`: by the fake, not by Claude."""

    key: keys.Key | None
    model: str  # of columns that name none
    problem: str
    is_demo: bool


@dataclass(frozen=True)
class Offered:
    """A model to pick; `price` is for people, "" where it is not known."""

    id: str
    name: str
    price: str


def answering(base: Base) -> Answering:
    """Who answers what this base asks."""
    chosen = BaseAi.objects.filter(pk=base.pk).values_list("model", flat=True).first()
    model = chosen or prices.DEFAULT_MODEL
    try:
        key = keys.key_of(base)
    except Blocked as unreadable:
        return Answering(None, model, str(unreadable), False)
    return Answering(key, model, "" if key else NO_KEY, is_demo(key))


def offered(base: Base, *also: str) -> list[Offered]:
    """The models of the key that answers, else those whose price is known; `also` are ids to offer whatever the key says."""
    names = {model["id"]: model["display_name"] for model in known_models.of(base)} or {model: model for model in prices.MODELS}
    names |= {model: model for model in also if model and model not in names}
    return [Offered(model, name, price_of(model)) for model, name in names.items()]


def price_of(model: str) -> str:
    """For people: $0.10 in, $0.50 out per million tokens; "" where it is not known."""
    read, written = prices.micros(model, MILLION, 0), prices.micros(model, 0, MILLION)
    if read is None or written is None:
        return ""
    return f"{estimate.money(read)} in, {estimate.money(written)} out per million tokens"


def may_pick(base: Base, model: str, *also: str) -> bool:
    """Whether a form may name this model; "" is the base's."""
    return not model or model in {each.id for each in offered(base, *also)}
