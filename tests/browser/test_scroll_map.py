"""The map between scroll bar and rows, on its own, over tables of every size."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

ROW = 32
VIEW = 700
ROWS = [0, 1, 10, 250_000, 250_001, 1_000_000, 10_000_000]
Run = Callable[[str], Any]


@pytest.mark.parametrize("rows", ROWS)
def test_no_element_is_taller_than_browsers_lay_out_exactly(scroll_map: Run, rows: int) -> None:
    assert scroll_map(f"() => scale({rows}, {ROW}, {VIEW}).sizer") == min(rows * ROW, 8_000_000)


@pytest.mark.parametrize("rows", ROWS)
def test_a_bar_further_down_never_shows_an_earlier_row(scroll_map: Run, rows: int) -> None:
    tops = scroll_map(
        f"""() => {{
            const map = scale({rows}, {ROW}, {VIEW});
            return Array.from({{ length: 20_001 }}, (_, at) => topOfBar(map, (map.mostBar * at) / 20_000));
        }}"""
    )
    assert tops == sorted(tops)
    assert tops[0] == 0
    assert tops[-1] == max(0, rows * ROW - VIEW)


@pytest.mark.parametrize("rows", ROWS)
def test_there_and_back_is_the_same_place(scroll_map: Run, rows: int) -> None:
    furthest = scroll_map(
        f"""() => {{
            const map = scale({rows}, {ROW}, {VIEW});
            let most = 0;
            for (let at = 0; at <= 10_000; at += 1) {{
                const top = (map.mostTop * at) / 10_000;
                most = Math.max(most, Math.abs(topOfBar(map, barOfTop(map, top)) - top));
            }}
            return most;
        }}"""
    )
    assert furthest < 0.001


@pytest.mark.parametrize("rows", [1_000_000, 10_000_000])
def test_both_ends_move_one_to_one(scroll_map: Run, rows: int) -> None:
    start, end = scroll_map(
        f"""() => {{
            const map = scale({rows}, {ROW}, {VIEW});
            const step = (bar) => topOfBar(map, bar + 100) - topOfBar(map, bar);
            return [[0, 1_000, 499_900].map(step), [1, 1_000, 499_900].map((left) => step(map.mostBar - left - 99))];
        }}"""
    )
    assert start == [100, 100, 100]
    assert end == [100, 100, 100]


@pytest.mark.parametrize("rows", [1_000_000, 10_000_000])
def test_a_wheel_moves_the_rows_by_its_own_pixels_wherever_it_starts(scroll_map: Run, rows: int) -> None:
    """The rows go on by exactly the wheel's px, with the bar put back where it belongs after every notch."""
    moved = scroll_map(
        f"""() => {{
            const map = scale({rows}, {ROW}, {VIEW});
            return [0, 1_234, 499_950, 600_000, map.mostTop / 2, map.mostTop - 600_000].map((from) => {{
                let state = {{ top: from, bar: Math.round(barOfTop(map, from)) }};
                for (let notch = 0; notch < 1_000; notch += 1) {{
                    state = scrolled(map, state, state.bar + 100);
                    state.bar = Math.round(barOfTop(map, state.top));
                }}
                return state.top - from;
            }});
        }}"""
    )
    assert moved == [100_000] * 6


@pytest.mark.parametrize("rows", [1_000_000, 10_000_000])
def test_up_and_down_again_ends_at_the_very_same_pixel(scroll_map: Run, rows: int) -> None:
    left_over = scroll_map(
        f"""() => {{
            const map = scale({rows}, {ROW}, {VIEW});
            const from = Math.round(map.mostTop / 3);
            let state = {{ top: from, bar: barOfTop(map, from) }};
            for (let step = 0; step < 10_000; step += 1) {{
                const by = [37, -90, 211, 12, -170][step % 5];
                state = scrolled(map, state, state.bar + by);
                state.bar = Math.round(2 * barOfTop(map, state.top)) / 2;
            }}
            return state.top - from;
        }}"""
    )
    assert left_over == 0


def test_a_dragged_bar_maps_at_its_slowest_too(scroll_map: Run) -> None:
    """On a tall screen one px of the thumb is less than two screens of rows, and must still be taken for a drag."""
    jumped = scroll_map(
        f"""() => [700, 1_400, 2_800].map((view) => {{
            const map = scale(10_000_000, {ROW}, view);
            const bar = map.mostBar / 2;
            return scrolled(map, {{ bar, top: topOfBar(map, bar) }}, bar + map.sizer / view).jumped;
        }})"""
    )
    assert jumped == [True, True, True]


def test_a_row_is_shown_by_the_least_move(scroll_map: Run) -> None:
    tops = scroll_map(
        f"""() => {{
            const map = scale(1_000, {ROW}, 320);
            return [5, 9, 10, 500, 999, 0].map((row) => topToShow(map, 64, row, {ROW}));
        }}"""
    )
    assert tops == [64, 64, 64, 501 * ROW - 320, 1_000 * ROW - 320, 0]


def test_an_empty_table_has_no_row_in_view(scroll_map: Run) -> None:
    assert scroll_map(f"() => visibleRows(scale(0, {ROW}, {VIEW}), 0, {ROW}, 0, 6)") == {"first": 0, "last": -1}
