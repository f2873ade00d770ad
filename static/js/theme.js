// The switch Auto / Light / Dark.
import { keepCookie } from "./cookies.js";

document.addEventListener("change", (event) => {
  if (!event.target.closest("[data-themes]")) return;
  document.documentElement.dataset.theme = event.target.value;
  keepCookie("theme", event.target.value);
});
