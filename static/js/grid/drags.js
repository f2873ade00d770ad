// What all drags over the rows share: they scroll at the edges, end with the button, and Escape takes them back.
const EDGE_PX = 24; // a drag this near to the edge scrolls
const SCROLL_STEP = 24;

/** Follow the pointer from `event` on: `move(at)` whenever it or what is under it moves, `end(isDone)` once. It scrolls at all `edges`, or at the sides. */
export function follow(grid, event, { move, end, cancels = true, edges = "all" }) {
  let at = event;
  const timer = setInterval(() => scrollAtEdge(grid, at, edges) && move(at), 16);
  const moved = (now) => {
    at = now;
    move(now);
  };
  const over = (isDone) => {
    clearInterval(timer);
    window.removeEventListener("pointermove", moved);
    window.removeEventListener("keydown", pressed, true);
    for (const name of ["pointerup", "pointercancel", "blur"]) window.removeEventListener(name, ended);
    end?.(isDone);
  };
  const ended = ({ type }) => over(type === "pointerup");
  const pressed = (key) => {
    if (key.key !== "Escape" || !cancels) return;
    key.preventDefault();
    key.stopPropagation();
    over(false);
  };
  window.addEventListener("pointermove", moved);
  window.addEventListener("keydown", pressed, true);
  for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, ended);
}

/** The row at `y` of the window, or the one below a heading there; -1 below all. */
export function rowAt(grid, y) {
  const line = grid.painter.lineAt(y);
  return grid.lines.rowAt(line) < 0 ? grid.lines.rowAt(line + 1) : grid.lines.rowAt(line);
}

function scrollAtEdge(grid, { clientX, clientY }, edges) {
  const box = grid.getBoundingClientRect();
  const up = edges === "all" && clientY < box.top + grid.view.head.offsetHeight + 2;
  const down = edges === "all" && clientY > box.bottom - EDGE_PX;
  const left = clientX < box.left + EDGE_PX;
  const right = clientX > box.right - EDGE_PX;
  if (up || down) grid.view.goTo(grid.view.top + (down ? SCROLL_STEP : -SCROLL_STEP));
  if (left || right) grid.scrollLeft += right ? SCROLL_STEP : -SCROLL_STEP;
  return up || down || left || right;
}
