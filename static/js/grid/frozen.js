// Keeps row numbers and frozen cells at the left edge.
//
// A sticky cell is a layer of its own to the browser, two for each row: scrolling down with them took 1.5 times as long a
// frame. So they are sticky only while one scrolls sideways; else they stand at a place, which is as far as one has scrolled.
const REST_MS = 300;

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
