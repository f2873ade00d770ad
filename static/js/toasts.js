// Short messages. Anything may send one, the server too (HX-Trigger: {"toast": {"text": ..., "kind": ...}}):
//   document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "good" | "bad" | "info", actions: [{ label, run }] } }))
// `action` is one of them, and `command` one of the grid's in the place of `run`; with `until`, a promise, it says what is under way and goes
// when that is settled. One with a `name` takes the place of the one before of that name.
import { button, made } from "./elements.js";

const STAYS_MS = 7000;
const KEPT_AT = "toasts:kept";
const box = document.getElementById("toasts");

document.addEventListener("toast", (event) => show(event.detail));
for (const toast of box?.children ?? []) live(toast);

for (const { at, ...message } of kept()) if (at === location.pathname) show(message);
sessionStorage.removeItem(KEPT_AT);

/** Say something on the page that comes next, if it is this one anew. */
export function tellAfter(message) {
  sessionStorage.setItem(KEPT_AT, JSON.stringify([...kept(), { ...message, at: location.pathname }]));
}

/** Errors outlive a page that is about to load itself anew: nobody has read them yet. */
export function keepErrors() {
  for (const words of box.querySelectorAll(".toast.bad p")) tellAfter({ text: words.textContent, kind: "bad" });
}

function kept() {
  return JSON.parse(sessionStorage.getItem(KEPT_AT)) ?? [];
}

function show({ text, kind = "info", action, actions = action ? [action] : [], until, name }) {
  // The same trouble told once is enough: a poll that fails every second must not fill the screen.
  const same = [...box.children].find((toast) => toast.querySelector("p").textContent === text);
  if (same) same.remove();
  if (name) box.querySelector(`[data-name="${name}"]`)?.remove();

  const toast = made("div", { class: `toast ${kind}`, "data-name": name, role: kind === "bad" ? "alert" : "status" }, made("p", {}, text));
  for (const { label, run, command } of actions) {
    const act = () => {
      toast.remove();
      run?.();
    };
    toast.append(button("toast-action", label, act, { "data-grid-command": command }));
  }
  if (until) toast.prepend(made("progress", { "aria-label": text }));
  else toast.append(made("button", { type: "button", class: "toast-close", "aria-label": "Close this message" }, "✕"));
  box.append(toast);
  if (until) until.finally(() => toast.remove()).catch(() => {});
  else live(toast);
}

// Errors stay until they are closed; the rest goes by itself, but not from under a pointer or the keyboard's focus.
function live(toast) {
  toast.querySelector(".toast-close")?.addEventListener("click", () => toast.remove());
  if (toast.classList.contains("bad") || toast.classList.contains("error")) return;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
  setTimeout(leave, STAYS_MS);
}
