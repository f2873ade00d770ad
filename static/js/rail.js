// Opens and closes the left rail: beside the page on a wide screen (and stays so), over the page on a narrow one.
import { keepCookie } from "./cookies.js";

const narrow = matchMedia("(max-width: 760px)");
const root = document.documentElement;
const rail = document.getElementById("rail");
const toggle = rail?.querySelector("[data-rail-toggle]");

const isOpen = () => (narrow.matches ? rail.classList.contains("shown") : root.dataset.rail !== "closed");
const paint = () => toggle.setAttribute("aria-expanded", String(isOpen()));

function set(open) {
  if (narrow.matches) {
    rail.classList.toggle("shown", open);
  } else {
    root.dataset.rail = open ? "open" : "closed";
    keepCookie("rail", root.dataset.rail);
  }
  paint();
}

if (rail) {
  paint();
  toggle.addEventListener("click", () => set(!isOpen()));
  narrow.addEventListener("change", () => {
    rail.classList.remove("shown");
    paint();
  });
  document.addEventListener("pointerdown", (event) => {
    const over = narrow.matches && isOpen() && !rail.contains(event.target);
    if (over) set(false);
  });
  rail.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !narrow.matches || !isOpen()) return;
    set(false);
    toggle.focus();
  });
}
