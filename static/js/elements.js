// Elements made by script.

/** An element with attributes, but for those that are undefined, and with `content`: texts and nodes. */
export function made(name, attributes = {}, ...content) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(key, String(value));
  element.append(...content);
  return element;
}

/** A button that does `run`; `content` is text or a node. */
export function button(className, content, run, attributes = {}) {
  const element = made("button", { type: "button", class: className, ...attributes }, content);
  element.addEventListener("click", run);
  return element;
}
