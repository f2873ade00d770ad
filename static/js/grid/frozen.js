// Keeps row numbers and frozen cells at the left edge.
//
// A sticky cell is a layer of its own to the browser: scrolling down with two in each row took 1.5 times as long a frame. So
// they are sticky only while one scrolls sideways; else they stand at a place, which is as far as one has scrolled.
const REST_MS = 300;

/** Style rules for the first `frozen` columns; `lefts` has for every column how many px from the left it begins. */
export function frozenRules(lefts, frozen) {
  const skeleton = `data-grid .frozen-bones { ${frozen ? `grid-column: 2 / span ${frozen}` : "display: none"} }
    data-grid .bones { ${frozen < lefts.length ? `grid-column: ${frozen + 2} / -1` : "display: none"} }`;
  if (!frozen) return skeleton;
  const last = `:nth-child(${frozen + 1})`;
  return `${skeleton} ${lefts.slice(0, frozen).map((left, col) => placeRules(left, col, frozen)).join(" ")}
    ${cells(`:nth-child(-n+${frozen + 1})`)} { position: relative; left: var(--scrolled, 0); z-index: 1; background: var(--ground) }
    data-grid .row > .cell${last}, data-grid .col${last}, .totals .total${last} { border-right-color: var(--line-strong) }`;
}

// A header stands above the next one, over whose edge its grip reaches.
function placeRules(left, col, frozen) {
  const place = `:nth-child(${col + 2})`;
  return `data-grid.sideways ${cells(place)} { position: sticky; left: ${left}px }
    data-grid .col${place} { position: sticky; left: ${left}px; z-index: ${4 + frozen - col} }
    :where(.totals) .total:where(${place}) { position: sticky; left: ${left}px; z-index: 1; background: var(--bg-soft) }`;
}

// Weaker than what colours a cell for itself.
const cells = (which) => `:where(data-grid .row) > .cell:where(${which})`;

export function keepFrozen(grid, layer) {
  let left = 0;
  let timer = 0;
  let finger = null;

  const stand = () => {
    layer.style.setProperty("--scrolled", `${left}px`);
    grid.classList.remove("sideways");
  };
  const arm = () => {
    grid.classList.add("sideways");
    clearTimeout(timer);
    timer = setTimeout(stand, REST_MS);
  };

  grid.addEventListener(
    "scroll",
    () => {
      if (grid.scrollLeft === left) return;
      left = grid.scrollLeft;
      arm();
    },
    { passive: true },
  );
  // The browser scrolls before it tells: what is about to scroll sideways makes them sticky in time.
  grid.addEventListener("wheel", ({ deltaX, deltaY, shiftKey }) => (shiftKey || leans(deltaX, deltaY)) && arm(), { passive: true });
  grid.addEventListener("touchstart", ({ touches }) => (finger = touches[0]), { passive: true });
  grid.addEventListener("touchmove", ({ touches: [now] }) => leans(now.clientX - finger.clientX, now.clientY - finger.clientY) && arm(), { passive: true });
  grid.addEventListener("pointerdown", (event) => event.target === grid && arm()); // its scroll bars
}

const leans = (x, y) => 2 * Math.abs(x) > Math.abs(y);
