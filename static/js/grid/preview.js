// What a cell shows until the server has answered: a guess by kind, as text or as what the server draws.
import { made } from "../elements.js";

/** A node for `text` as it was typed. */
export function preview(kind, options, text) {
  if (kind === "checkbox") return mark(text === "true" ? "check on" : "check");
  if (kind === "rating" && /^\d+$/.test(text)) return stars(Number(text), options.max ?? 5);
  if (kind !== "select" && kind !== "multi_select") return document.createTextNode(text);
  const chips = document.createDocumentFragment();
  for (const name of kind === "select" ? [text] : listed(text)) {
    const option = options.options?.find((each) => each.name === name);
    chips.append(option ? chip(option) : name);
  }
  return chips;
}

/** The chip of an option {name, color}. */
export function chip({ name, color }) {
  return mark(`opt c-${color}`, name);
}

/** Names as one text, quoted as in CSV where one holds a comma or a quote. */
export function joined(names) {
  return names.map((name) => (/[",]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(", ");
}

/** The names in such a text. */
export function listed(text) {
  const names = [...text.matchAll(/\s*("(?:[^"]|"")*"|[^,]+)\s*(?:,|$)/g)].map(([, name]) => name.trim());
  return names.map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name)).filter(Boolean);
}

function stars(value, most) {
  return mark("stars", "★".repeat(Math.min(value, most)), mark("dim", "★".repeat(Math.max(0, most - value))));
}

const mark = (className, ...content) => made("span", { class: className }, ...content);
