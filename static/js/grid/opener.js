// The button beside an address that is being edited: it opens what the text leads to, in a tab of its own.
import { made } from "../elements.js";

// What a link may be made of; everything else is text (tables/columns/url.py).
const LINKS = {
  url: (text) => (/^(https?:\/\/|mailto:)\S+$/i.test(text) ? text : /^[\w-]+(\.[\w-]+)+(:\d+)?([/?#]\S*)?$/.test(text) ? `https://${text}` : ""),
  email: (text) => (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? `mailto:${encodeURIComponent(text).replace("%40", "@")}` : ""),
  phone: (text) => (/^[+(\d][\d ()./-]{2,}/.test(text) ? `tel:${text.replace(/\s*[x#e].*/i, "").replace(/[^+\d]/g, "")}` : ""),
};
const LABELS = { url: "Open this address", email: "Write a mail", phone: "Call this number" };

export const opens = (kind) => kind in LINKS;

export class Opener {
  constructor(field, { kind, icon }) {
    Object.assign(this, { field, kind });
    this.link = made("a", { class: "editor-open", target: "_blank", rel: "noopener noreferrer", tabindex: "-1", "aria-label": LABELS[kind], title: `${LABELS[kind]} (Ctrl + Enter)` });
    this.link.append(icon());
    // The field keeps the focus, or leaving it would end the edit.
    this.link.addEventListener("pointerdown", (event) => event.preventDefault());
  }

  addTo(box) {
    box.append(this.link);
    this.changed();
    return this;
  }

  changed() {
    const to = LINKS[this.kind](this.field.value.trim());
    this.link.hidden = !to;
    if (to) this.link.href = to;
    else this.link.removeAttribute("href");
  }

  /** Mod+Enter opens. */
  pressed(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || this.link.hidden) return false;
    this.link.click();
    return true;
  }
}
