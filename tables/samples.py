"""Sample rows: realistic, fitting the columns' names and each other, and the same for the same seed.

The assembler of a bulk load's rows: 1,000,000 rows of 10 columns in about 2 seconds of one core (tests/test_samples.py
and bin/bench keep watch), by picking ready JSON texts from the pools of tables/sample_pools.py.
"""

import re
import sys
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import repeat
from random import Random
from typing import Any

from tables import sample_pools as pools
from tables.columns import kind_of
from tables.sample_pools import Drawn, Pool


@dataclass(frozen=True)
class SampleColumn:
    """What a column must say of itself to get sample values."""

    key: int
    kind: str
    name: str
    options: dict[str, Any] = field(default_factory=dict)


@dataclass
class Batch:
    """The rows start .. start + size - 1 of a load. The same seed, start and size give the same rows, in any process.

    `products`: "Name" is a product's, not a person's.
    """

    seed: int
    start: int
    size: int
    products: bool = False

    @cached_property
    def random(self) -> Random:
        return Random(f"{self.seed}:{self.start}")

    def draw(self, pool: Pool) -> Drawn:
        """`size` values of a pool."""
        return Drawn(pool, _picks(self.random, self.size))

    # Columns that belong together share what they draw, by streams of their own: an e-mail fits its name whatever
    # other columns there are.
    def _shared(self, stream: str) -> "array[int]":
        return _picks(Random(f"{self.seed}:{self.start}:{stream}"), self.size)

    @cached_property
    def people(self) -> pools.People[Drawn]:
        picks = self._shared("people")
        return pools.People(*(Drawn(pool, picks) for pool in pools.people()))

    @cached_property
    def places(self) -> tuple[Drawn, Drawn]:
        """Cities, and the country of each."""
        picks = self._shared("places")
        cities, countries = pools.places()
        return Drawn(cities, picks), Drawn(countries, picks)

    @cached_property
    def product_texts(self) -> tuple[Drawn, Drawn]:
        """Names of products, and the description of each."""
        picks = self._shared("products")
        names, descriptions = pools.products()
        return Drawn(names, picks), Drawn(descriptions, picks)

    @property
    def numbers_of_rows(self) -> range:
        return range(self.start + 1, self.start + self.size + 1)

    @cached_property
    def emails(self) -> list[str]:
        """Addresses of `people`, unlike each other by the row's number."""
        ends = self.draw(pools.email_ends())
        return [f"{slug}{number}{end}" for slug, number, end in zip(self.people.slugs, self.numbers_of_rows, ends, strict=True)]

    @cached_property
    def companies(self) -> Drawn:
        return self.draw(pools.companies())

    @cached_property
    def urls(self) -> list[str]:
        return [f'"https://{slug[1:]}.example/"' for slug in self.people.slugs]

    @cached_property
    def skus(self) -> list[str]:
        series = self.draw(pools.series())
        return [f'{letters}{number:06}"' for letters, number in zip(series, self.numbers_of_rows, strict=True)]

    def texts(self, name: str) -> Sequence[str]:
        """Texts fitting a column's name."""
        return TEXTS[_topic(name, tuple(TEXTS), "name")](self)

    def long_texts(self, name: str) -> Sequence[str]:
        topic = _topic(name, ("description", "street"), "")
        return TEXTS[topic](self) if topic else self.draw(pools.notes())

    def numbers(self, name: str) -> Sequence[str]:
        topic = _topic(name, NUMBERS, "")
        return self.money(name) if topic == "amount" else self.draw(pools.numbers(topic))

    def money(self, name: str) -> Sequence[str]:
        return self.draw(pools.prices() if self.products or "price" in name.lower() else pools.money())

    def shares(self) -> Drawn:
        return self.draw(pools.shares())

    def checks(self) -> Drawn:
        return self.draw(pools.checks())

    def stars(self, most: int) -> Drawn:
        return self.draw(pools.stars(most))

    def phones(self) -> Drawn:
        return self.draw(pools.phones())

    def dates(self, name: str) -> Drawn:
        return self.draw(pools.birthdays() if "birth" in name.lower() else pools.days())

    def moments(self, name: str) -> list[str]:
        return [day[:-1] + time for day, time in zip(self.dates(name), self.draw(pools.clock_times()), strict=True)]

    def choices(self, ids: tuple[str, ...]) -> Drawn:
        return self.draw(pools.choices(ids))

    def several_choices(self, ids: tuple[str, ...]) -> Drawn:
        return self.draw(pools.several_choices(ids))


def _picks(random: Random, size: int) -> "array[int]":
    """`size` random places of a pool."""
    picks = array("H", random.randbytes(2 * size))
    if sys.byteorder == "big":
        picks.byteswap()
    return picks


# Topic -> values of a text column. A column has the first topic that its name matches, so the narrow ones come first.
TEXTS: dict[str, Callable[[Batch], Sequence[str]]] = {
    "sku": lambda batch: batch.skus,
    "first": lambda batch: batch.people.firsts,
    "last": lambda batch: batch.people.lasts,
    "email": lambda batch: batch.emails,
    "company": lambda batch: batch.companies,
    "brand": lambda batch: batch.draw(pools.brands()),
    "category": lambda batch: batch.draw(pools.categories()),
    "description": lambda batch: batch.product_texts[1],
    "product": lambda batch: batch.product_texts[0],
    "city": lambda batch: batch.places[0],
    "country": lambda batch: batch.places[1],
    "street": lambda batch: batch.draw(pools.streets()),
    "job": lambda batch: batch.draw(pools.jobs()),
    "phone": lambda batch: batch.phones(),
    "url": lambda batch: batch.urls,
    "notes": lambda batch: batch.draw(pools.notes()),
    "name": lambda batch: batch.product_texts[0] if batch.products else batch.people.names,
}
NUMBERS = ("amount", "quantity", "stock", "reviews", "age", "year", "score", "weight")
_WORDS = {
    "sku": r"sku|code|part (no|number)|article|barcode|ean",
    "first": r"(first|given)[ _-]?name",
    "last": r"(last|family)[ _-]?name|surname",
    "email": r"e-?mails?",
    "company": r"company|organi[sz]ation|employer|customer|client|supplier|vendor",
    "brand": r"brand|maker|manufacturer",
    "category": r"category|department|segment|type",
    "description": r"description|details|summary",
    "product": r"product|item",
    "city": r"city|town|place|location",
    "country": r"country|nation",
    "street": r"street|address",
    "job": r"job|title|role|position|occupation",
    "phone": r"phone|mobile|tel",
    "url": r"url|website|web|link",
    "notes": r"notes?|comments?|remarks?|feedback|text",
    "name": r"name|person|contact|owner|assignee",
    "amount": r"amount|price|cost|revenue|total|salary|budget|value",
    "quantity": r"quantity|qty|count|seats|units|number",
    "stock": r"stock|inventory|available",
    "reviews": r"reviews|views|visits|votes|likes",
    "age": r"age",
    "year": r"year",
    "score": r"score|points|grade",
    "weight": r"weight|kg|size|length|width|height",
}


@lru_cache(1_000)
def _topic(name: str, topics: tuple[str, ...], default: str) -> str:
    """The first of the topics whose words the column's name holds."""
    return next((topic for topic in topics if re.search(rf"(?<![a-z])({_WORDS[topic]})(?![a-z])", name.lower())), default)


def is_about_products(columns: Iterable[SampleColumn]) -> bool:
    """Whether a table lists products, so that "Name" is a product's."""
    return any(_topic(column.name, ("sku", "brand", "product", "stock"), "") for column in columns)


def documents(columns: Sequence[SampleColumn], batch: Batch) -> list[str]:
    """The batch's rows as JSON objects {"<column key>": value}, empty cells left out."""
    batch = replace(batch, products=is_about_products(columns))
    full: list[tuple[int, Sequence[str]]] = []
    gappy: list[tuple[int, Sequence[str]]] = []
    for column in columns:
        kind = kind_of(column.kind)
        if kind.writable:
            values = kind.sample(batch, column.name, column.options)
            (gappy if _has_gaps(values) else full).append((column.key, values))
    if not full:
        rows = map("".join, zip(repeat("", batch.size), *(_pieces(f',"{key}":', values) for key, values in gappy), strict=True))
        return [f"{{{row[1:]}}}" for row in rows]
    # A column without gaps comes first, so that no comma is one too many.
    key, values = full[0]
    pieces = [_pieces(f'{{"{key}":', values), *(_pieces(f',"{key}":', values) for key, values in full[1:] + gappy)]
    return list(map("".join, zip(*pieces, repeat("}", batch.size), strict=True)))


def _has_gaps(values: Sequence[str]) -> bool:
    return values.pool.gaps if isinstance(values, Drawn) else "" in values


def _pieces(prefix: str, values: Sequence[str]) -> list[str]:
    """`"key":value` for each cell, nothing where it is empty."""
    return values.prefixed(prefix) if isinstance(values, Drawn) else [value and prefix + value for value in values]
