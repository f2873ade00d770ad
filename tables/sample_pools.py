"""Pools of realistic values for sample data, made once per process, the same in every process.

A pool is 65,536 JSON texts, each as often as it is likely: two random bytes pick one. Measured, one column of
1,000,000 rows: 0.07 s so, 0.13 s by random.choices with weights, 60 s by asking Faker each time.
"""

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import product
from json import JSONEncoder
from random import Random
from typing import Generic, NamedTuple, TypeVar, overload

from tables import sample_words as words

T = TypeVar("T")
POOL = 65_536
_SEED = 20_240_229
_MOST_PREFIXES = 32  # 0.5 to 5 MB each
REFERENCE = datetime(2026, 6, 30, tzinfo=UTC)  # the newest sample date: not today, or the same seed would give other rows


class Pool:
    """65,536 JSON texts to pick from; "" is an empty cell."""

    def __init__(self, values: list[str]) -> None:
        self.values = values
        self.gaps = "" in values
        self._prefixed: dict[str, list[str]] = {}

    def prefixed(self, prefix: str) -> list[str]:
        """The pool with `prefix` before each value that is not empty; made once, so that no row pays for it."""
        found = self._prefixed.get(prefix)
        if found is None:
            if len(self._prefixed) >= _MOST_PREFIXES:
                self._prefixed.clear()
            # One text for equal values: a pool that stays in the processor's cache is read twice as fast.
            pieces = {value: value and prefix + value for value in dict.fromkeys(self.values)}
            found = self._prefixed[prefix] = list(map(pieces.__getitem__, self.values))
        return found


class Drawn(Sequence[str]):
    """Values picked from a pool: a list that is not written out until somebody reads it."""

    def __init__(self, pool: Pool, picks: "array[int]") -> None:
        self.pool = pool
        self.picks = picks

    def __len__(self) -> int:
        return len(self.picks)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self.pool.values[pick] for pick in self.picks[place]]
        return self.pool.values[self.picks[place]]

    def __iter__(self) -> Iterator[str]:
        return map(self.pool.values.__getitem__, self.picks)

    def prefixed(self, prefix: str) -> list[str]:
        """All of them, with `prefix` before each value that is not empty."""
        return list(map(self.pool.prefixed(prefix).__getitem__, self.picks))


_encode = JSONEncoder(ensure_ascii=False).encode  # made once: json.dumps makes one for each value


def as_json(value: object) -> str:
    """A value as JSON. A number is what Python writes; the encoder takes five times as long for it."""
    return repr(value) if type(value) in (int, float) else _encode(value)


def spread(values: Sequence[str], weights: Sequence[float] | None = None, empty: float = 0) -> Pool:
    """The values over a pool, by weight; the share `empty` of it is empty cells."""
    places = round(POOL * (1 - empty))
    weights = weights or [1] * len(values)
    total, so_far = sum(weights), 0.0
    pool: list[str] = []
    for value, weight in zip(values, weights, strict=True):
        so_far += weight
        pool += [value] * (round(places * so_far / total) - len(pool))
    return Pool(pool + [""] * (POOL - len(pool)))


def fill(make: Callable[[Random], object], empty: float = 0, distinct: int = 16_384) -> Pool:
    """A pool of `distinct` made values."""
    random = Random(_SEED)
    return spread([as_json(make(random)) for _ in range(distinct)], empty=empty)


def falling(count: int) -> list[float]:
    """Uneven shares by rank, as people pick from a list (Zipf): 1, 1/2, 1/3 ..."""
    return [1 / (rank + 1) for rank in range(count)]


@lru_cache(1)
def _faked() -> dict[str, list[str]]:
    """A few hundred values of each sort from Faker: first and last names, companies, jobs, streets."""
    from faker import Faker  # here: its import takes 0.2 s, and a web process never needs it

    found: dict[str, list[str]] = {"first": [], "last": [], "company": [], "job": [], "street": []}
    # Only these: looking for all of its providers takes Faker 0.1 s a language.
    providers = [f"faker.providers.{name}" for name in ("person", "company", "job", "address")]
    for locale, names in (("en_US", 500), ("de_DE", 120), ("fr_FR", 120), ("es_ES", 120)):
        fake = Faker(locale, providers=providers)
        fake.seed_instance(_SEED)
        found["first"] += [fake.first_name() for _ in range(names)]
        found["last"] += [fake.last_name() for _ in range(names)]
        found["company"] += [fake.company() for _ in range(names * 2 // 3)]
        if locale == "en_US":
            found["job"] += [fake.job() for _ in range(300)]
            found["street"] += [fake.street_name() for _ in range(300)]
    return {sort: list(dict.fromkeys(values)) for sort, values in found.items()}


_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l"})


def slug(name: str) -> str:
    """A name in the letters of an e-mail address: Núñez Díaz is nunez.diaz."""
    folded = unicodedata.normalize("NFKD", name.lower().translate(_FOLDED))
    return re.sub(r"[^a-z]+", ".", "".join(char for char in folded if not unicodedata.combining(char))).strip(".")


class People(NamedTuple, Generic[T]):
    """Pools, or values drawn, in step: the same place in each is one person. `slugs` begin e-mail addresses."""

    names: T
    firsts: T
    lasts: T
    slugs: T


@lru_cache(1)
def people() -> People[Pool]:
    random, faked = Random(_SEED), _faked()
    # Folded once per name, not once per person.
    firsts = [(name, slug(name)) for name in faked["first"]]
    lasts = [(name, slug(name)) for name in faked["last"]]
    chinese = POOL // 100
    first = random.choices(firsts, k=POOL - chinese) + random.choices(words.CHINESE_FIRST, k=chinese)
    last = random.choices(lasts, k=POOL - chinese) + random.choices(words.CHINESE_LAST, k=chinese)
    # A Chinese name has the family's part first, and no space.
    names = [f'"{f[0]} {n[0]}"' for f, n in zip(first, last, strict=True)]
    names[-chinese:] = [f'"{n[0]}{f[0]}"' for f, n in zip(first[-chinese:], last[-chinese:], strict=True)]
    return People(
        Pool(names),
        Pool([f'"{f[0]}"' for f in first]),
        Pool([f'"{n[0]}"' for n in last]),
        Pool([f'"{f[1]}.{n[1]}' for f, n in zip(first, last, strict=True)]),
    )


@lru_cache(1)
def email_ends() -> Pool:
    return spread([f'@{domain}"' for domain in words.DOMAINS], falling(len(words.DOMAINS)))


@lru_cache(1)
def places() -> tuple[Pool, Pool]:
    """Cities and their countries, in step."""
    pairs = Random(_SEED).sample(words.PLACES, len(words.PLACES))
    weights = [weight + 0.1 for weight in falling(len(pairs))]
    return spread([as_json(city) for city, _ in pairs], weights), spread([as_json(country) for _, country in pairs], weights)


@lru_cache(1)
def companies() -> Pool:
    return spread([as_json(name) for name in _faked()["company"]], empty=0.04)


@lru_cache(1)
def jobs() -> Pool:
    return spread([as_json(job) for job in _faked()["job"]], empty=0.03)


@lru_cache(1)
def streets() -> Pool:
    names = _faked()["street"]
    return fill(lambda random: f"{int(random.expovariate(1 / 80)) + 1} {random.choice(names)}", distinct=16_384)


@lru_cache(1)
def products() -> tuple[Pool, Pool]:
    """Names of products and their descriptions, in step."""
    random = Random(_SEED)
    made = []
    for quality, material, thing in product(words.QUALITY, words.MATERIAL, words.THING):
        one, two = random.sample(words.FEATURE, 2)
        text = f"{quality} {thing.lower()} of {material.lower()}, {one}; {two}."
        made.append((as_json(f"{quality} {material} {thing}"), as_json(text)))
    random.shuffle(made)
    return spread([name for name, _ in made]), spread([text for _, text in made])


@lru_cache(1)
def series() -> Pool:
    """Beginnings of article numbers, to be followed by digits and a quote."""
    return spread([f'"{letters}-' for letters in ("AC", "BT", "HX", "KN", "MR", "QZ", "TL", "VS")])


@lru_cache(1)
def brands() -> Pool:
    return spread([as_json(brand) for brand in words.BRANDS], falling(len(words.BRANDS)), empty=0.02)


@lru_cache(1)
def categories() -> Pool:
    return spread([as_json(category) for category in words.CATEGORIES], falling(len(words.CATEGORIES)))


@lru_cache(1)
def notes() -> Pool:
    def note(random: Random) -> str:
        text = f"{random.choice(words.DID)}; {random.choice(words.NEXT)}."
        return text.replace("{n}", str(random.randint(2, 90))).replace("{month}", random.choice(words.MONTHS))

    return fill(note, empty=0.35, distinct=8_000)


@lru_cache(1)
def phones() -> Pool:
    """Numbers kept free for fiction: 555-0100 to 555-0199 of each area."""
    return fill(lambda random: f"+1 {random.randint(201, 989)} 555 {random.randint(100, 199):04}", empty=0.08, distinct=16_384)


@lru_cache(1)
def money() -> Pool:
    """Amounts with cents: half below 600, a few above 20,000."""
    return fill(lambda random: round(min(random.lognormvariate(6.4, 1.4), 2_000_000) + 1, 2), empty=0.02)


@lru_cache(1)
def prices() -> Pool:
    return fill(lambda random: int(random.lognormvariate(3.5, 0.9) + 3) + random.choice((0, 0.5, 0.95, 0.99)), distinct=8_000)


@lru_cache(32)
def numbers(topic: str) -> Pool:
    """Numbers of the usual size of what a column's name says; "" is no particular thing."""
    makes: dict[str, Callable[[Random], object]] = {
        "quantity": lambda random: 1 + int(random.expovariate(1 / 8)),
        "stock": lambda random: max(0, int(random.lognormvariate(4, 1.2)) - 4),
        "reviews": lambda random: int(random.lognormvariate(3, 1.6)),
        "age": lambda random: min(96, max(18, int(random.gauss(42, 14)))),
        "year": lambda random: 2026 - int(random.expovariate(1 / 9)) % 70,
        "score": lambda random: min(100, max(0, int(random.gauss(68, 17)))),
        "weight": lambda random: round(random.lognormvariate(1, 1), 2),
    }
    return fill(makes.get(topic, lambda random: int(random.lognormvariate(4.5, 1.3))))


@lru_cache(1)
def shares() -> Pool:
    return fill(lambda random: round(random.betavariate(2, 5), 3), empty=0.03, distinct=8_000)


@lru_cache(1)
def checks() -> Pool:
    return spread(["true"], empty=0.65)


@lru_cache(16)
def stars(most: int) -> Pool:
    weights = [1.0 + 3 * place * place / most for place in range(most)]
    return spread([str(star) for star in range(1, most + 1)], weights, empty=0.06)


@lru_cache(1)
def days() -> Pool:
    """The days of the five years before REFERENCE, the last ones more often."""
    dated = [as_json(f"{REFERENCE - timedelta(days=ago):%Y-%m-%d}") for ago in range(5 * 365)]
    return spread(dated, [1 / (ago + 400) for ago in range(len(dated))])


@lru_cache(1)
def birthdays() -> Pool:
    return fill(lambda random: f"{REFERENCE - timedelta(days=random.randint(18 * 365, 80 * 365)):%Y-%m-%d}")


@lru_cache(1)
def clock_times() -> Pool:
    """THH:MM:SSZ" to follow a day: mostly of working hours."""
    random = Random(_SEED)
    hours = random.choices(range(24), [1] * 7 + [5, 12, 16, 16, 14, 10, 14, 16, 15, 13, 9, 6, 5, 4, 3, 2, 1], k=POOL // 4)
    return spread([f'T{hour:02}:{random.randrange(60):02}:{random.randrange(60):02}Z"' for hour in hours])


@lru_cache(64)
def choices(ids: tuple[str, ...]) -> Pool:
    return spread([as_json(key) for key in ids], falling(len(ids))) if ids else spread([], empty=1)


@lru_cache(64)
def several_choices(ids: tuple[str, ...]) -> Pool:
    """None to three of the choices, the first ones more often."""
    if not ids:
        return spread([], empty=1)
    random, weights = Random(_SEED), falling(len(ids))

    def some(_: Random) -> list[str]:
        return list(dict.fromkeys(random.choices(ids, weights, k=random.randint(1, 3))))

    return fill(some, empty=0.2, distinct=4_000)
