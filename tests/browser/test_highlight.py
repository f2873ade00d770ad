"""Where a search's words stand in what the grid shows, as the browser finds them."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from tables import fold
from tests.test_search import WORDS

pytestmark = pytest.mark.browser
Run = Callable[..., Any]


@pytest.fixture
def run(chromium: Browser) -> Iterator[Run]:
    """`run(js, argument)`: call a function with what highlight.js exports in scope."""
    source = (settings.ROOT / "static/js/grid/highlight.js").read_text()
    script = re.sub(r"^export ", "", source, flags=re.MULTILINE)
    page = chromium.new_page()
    yield lambda js, argument=None: page.evaluate(f"(argument) => {{ {script}\n return ({js})(argument) }}", argument)
    page.close()


@pytest.mark.parametrize(
    ("text", "term", "marked"),
    [
        ("Berlin, BERLIN", "berlin", ["Berlin", "BERLIN"]),
        ("Zoë Größe", "grosse", ["Größe"]),
        ("Größe", "s", ["ß"]),
        ("e\u0301te\u0301", "ete", ["e\u0301te\u0301"]),
        ("aaa", "aa", ["aa"]),
        ("ﬁne", "fi", ["ﬁ"]),
        ("100% a_b", "%", ["%"]),
        ("👍 Łódź 北京", "lodz 北", ["Łódź 北"]),
        ("nothing", "x", []),
        ("nothing", "", []),
    ],
)
def test_the_very_letters_are_marked(run: Run, text: str, term: str, marked: list[str]) -> None:
    found = run("([text, term]) => ranges(text, term).map(([start, end]) => text.slice(start, end))", [text, term])
    assert found == marked


@pytest.mark.django_db(transaction=True)
def test_the_browser_folds_texts_as_the_server_does(run: Run) -> None:
    texts = [*WORDS, *map(str.upper, WORDS), "ÆØÅ æøå Đđ ħ ı İ ẞ ﬃ ½ ①", "Ёлка й", "Ελληνικά ΆΈ", "ắ ợ ữ"]
    assert run("(texts) => texts.map(plain)", texts) == [fold.plain(text) for text in texts]
    assert run("(texts) => texts.map(accented)", texts) == [fold.accented(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "term", "marked"),
    [
        ("Zoë Zoe ZOË", "zoë", ["Zoë", "ZOË"]),
        ("Zoë Zoe", "zoe", ["Zoe"]),
        ("e\u0301te\u0301 ete", "\u00e9t\u00e9", ["e\u0301te\u0301"]),
        ("Größe", "grösse", ["Größe"]),
        ("nothing", "", []),
    ],
)
def test_where_accents_count_other_letters_are_not_marked(run: Run, text: str, term: str, marked: list[str]) -> None:
    found = run("([text, term]) => ranges(text, term, true).map(([start, end]) => text.slice(start, end))", [text, term])
    assert found == marked


def test_rows_are_marked_while_they_are_seen(run: Run) -> None:
    counts = run(
        """() => {
            document.body.innerHTML = Array.from({ length: 100 }, () =>
                '<div class="row"><div class="num">1</div>' +
                '<div class="cell">Größe 1 <i>b</i></div>'.repeat(10) + '</div>').join("");
            const rows = [...document.querySelectorAll(".row")];
            const marks = new Highlighter();
            const count = () => CSS.highlights.get("found").size;
            marks.look("GROSSE 1");
            marks.show(rows);
            const counts = [count()];
            marks.show(rows.slice(0, 10));
            counts.push(count());
            marks.look("");
            marks.show(rows);
            counts.push(count());
            return counts;
        }"""
    )
    assert counts == [1_000, 100, 0]
