// Puts what the server writes on the system's clipboard. It comes a moment after the key or the click, and browsers take it
// only from one, so there are three ways, each tried where the one before is closed.

/** `coming` promises {text, html}; `hasHtml` is whether there will be HTML. Resolves to whether it is on the clipboard now. */
export async function putOnClipboard(coming, hasHtml) {
  // 1. A promise of it, while the key is still down: by https and on localhost. Chromium reads HTML that comes so under the page's own
  // policy and writes a line to the console about its style attributes, which tell spreadsheets what is text; it keeps them all the same.
  if (await promised(coming, hasHtml)) return true;
  // 2. The old command, for some seconds after the key: also by http.
  return commanded(await coming);
}

async function promised(coming, hasHtml) {
  if (!navigator.clipboard?.write || !window.ClipboardItem) return false;
  const part = (name, type) => coming.then((copied) => new Blob([copied[name]], { type }));
  const parts = { "text/plain": part("text", "text/plain") };
  if (hasHtml) parts["text/html"] = part("html", "text/html");
  for (const each of Object.values(parts)) each.catch(() => {});
  try {
    await navigator.clipboard.write([new ClipboardItem(parts)]);
    return true;
  } catch {
    return false;
  }
}

/** Put it there now, by the event that the command makes. */
export function commanded({ text, html }) {
  let isTaken = false;
  const put = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData.setData("text/plain", text);
    if (html) event.clipboardData.setData("text/html", html);
    isTaken = true;
  };
  document.addEventListener("copy", put, { capture: true, once: true });
  document.execCommand("copy");
  document.removeEventListener("copy", put, { capture: true });
  return isTaken;
}
