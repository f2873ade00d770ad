// The scroll bar <-> rows. Pure: plain numbers in, plain objects out.
//
// `bar` is the element's scrollTop, `top` the px of the rows above the view if every row were laid out. A short table
// has both equal. A long one would be taller than browsers lay out exactly, so its bar is shorter than its rows and the
// two are tied together by a piecewise linear map.

// Firefox misplaces what lies past 8.9M px; Chrome lays out 11.2M px at device pixel ratio 3.
export const SIZER_LIMIT = 8_000_000;
// The first and last px of the bar move 1:1, so that a wheel alone reaches both ends.
export const EDGE = 500_000;

/** What the map needs: px of all rows, of the visible part of them, and of the sizer that makes the bar. */
export function scale(count, rowHeight, view, foot = 0, ratio = 1) {
  const content = count * rowHeight + foot;
  const sizer = Math.min(content, SIZER_LIMIT);
  return {
    content,
    sizer,
    view,
    mostTop: Math.max(0, content - view),
    mostBar: Math.max(0, sizer - view),
    near: Math.min(2 * view, (0.75 * sizer) / (Math.max(1, view) * ratio)),
  };
}

/** Where the rows are when the bar is at `bar`. */
export function topOfBar(map, bar) {
  const at = between(0, bar, map.mostBar);
  if (map.content === map.sizer) return at;
  if (at <= EDGE) return at;
  if (at >= map.mostBar - EDGE) return map.mostTop - (map.mostBar - at);
  return EDGE + (at - EDGE) * slope(map);
}

/** Where the bar belongs when the rows are at `top`. */
export function barOfTop(map, top) {
  const at = between(0, top, map.mostTop);
  if (map.content === map.sizer) return at;
  if (at <= EDGE) return at;
  if (at >= map.mostTop - EDGE) return map.mostBar - (map.mostTop - at);
  return EDGE + (at - EDGE) / slope(map);
}

/**
 * The rows after the bar went from `state.bar` to `bar`: {bar, top, jumped}.
 *
 * A small step (wheel, touch, a click beside the thumb) moves the rows by just as many px; a drag of the thumb, whose
 * smallest step is the sizer over the track, maps. `near` parts the two.
 */
export function scrolled(map, state, bar) {
  const step = bar - state.bar;
  const mapped = topOfBar(map, bar);
  if (map.content === map.sizer) return { bar, top: mapped, jumped: Math.abs(step) > 2 * map.view };
  if (Math.abs(step) <= map.near) return { bar, top: between(0, state.top + step, map.mostTop), jumped: false };
  // The rows are a whole number of px away from the bar: a fraction would blur them.
  return { bar, top: between(0, bar + Math.round(mapped - bar), map.mostTop), jumped: true };
}

/** The least move of `top` that shows row `index` whole. */
export function topToShow(map, top, index, rowHeight) {
  const start = index * rowHeight;
  if (start < top) return start;
  const end = start + rowHeight;
  return end > top + map.view ? between(0, end - map.view, map.mostTop) : top;
}

/** First and last row to have in the page, `spare` more than can be seen on either side. An empty table has last = -1. */
export function visibleRows(map, top, rowHeight, count, spare) {
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(count - 1, Math.ceil((top + map.view) / rowHeight) - 1 + spare);
  return { first: Math.min(first, Math.max(0, last)), last };
}

const slope = (map) => (map.mostTop - 2 * EDGE) / (map.mostBar - 2 * EDGE);

export function between(least, value, most) {
  return Math.max(least, Math.min(value, most));
}
