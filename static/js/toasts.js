// Short messages. Anything may send one, the server too (HX-Trigger: {"toast": {"text": ..., "kind": ...}}):
//   document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind: "good" | "bad" | "info", action: { label, run } } }))
const STAYS_MS = 7000;
const box = document.getElementById("toasts");

document.addEventListener("toast", (event) => show(event.detail));
for (const toast of box?.children ?? []) live(toast);

function show({ text, kind = "info", action }) {
  // The same trouble told once is enough: a poll that fails every second must not fill the screen.
  const same = [...box.children].find((toast) => toast.querySelector("p").textContent === text);
  if (same) same.remove();

  const toast = document.createElement("div");
  toast.className = `toast ${kind}`;
  toast.setAttribute("role", kind === "bad" ? "alert" : "status");
  const words = document.createElement("p");
  words.textContent = text;
  toast.append(words);
  if (action) toast.append(button("toast-action", action.label, () => action.run()));
  toast.append(closeButton());
  box.append(toast);
  live(toast);
}

function button(className, label, run) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = label;
  made.addEventListener("click", () => {
    made.closest(".toast").remove();
    run();
  });
  return made;
}

function closeButton() {
  const made = button("toast-close", "✕", () => {});
  made.setAttribute("aria-label", "Close this message");
  return made;
}

// Errors stay until they are closed; the rest goes by itself, but not from under a pointer or the keyboard's focus.
function live(toast) {
  toast.querySelector(".toast-close")?.addEventListener("click", () => toast.remove());
  if (toast.classList.contains("bad") || toast.classList.contains("error")) return;
  const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 1000) : toast.remove());
  setTimeout(leave, STAYS_MS);
}
