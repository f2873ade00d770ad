// Changes made in a row's panel, sent each in its turn; what the server did not take stays in its field with the reason.
import { made } from "../elements.js";
import { LoggedOut, insist, sentence } from "../grid/ask.js";
import { linked } from "../grid/link.js";
import { inTurn } from "../turns.js";
import { articleOf, isDirty, restore, sent, settled, tell, valueOf } from "./fields.js";

const SAVED_MS = 2_500; // "Saved" is seen so long
const queue = []; // {field, article, number, name, url, values}

// Requests outlive the panel that made them.
const host = { requests: document.body.appendChild(made("div", { hidden: "" })) };

export const requestsHost = host;

/** Whether a change of this field is on its way. */
export const isSending = (field) => queue.some((item) => item.field === field);

/** What is on its way, as it must not be lost: [{row, key, v, text, kind, makes}]. */
export const waiting = () => queue.map(({ values }) => ({ row: values.row, key: values.key, v: values.v, text: values.value, kind: values.kind, makes: values.create === "1" }));

/** Send what a field says now; `v` is the version of the row that the person saw, `makes` whether an option is to be made of what is none. */
export function save(field, value, v, makes = false) {
  const article = articleOf(field);
  const { row, cellUrl, number } = article.dataset;
  const { key, kind, name } = field.dataset;
  sent(field, value);
  tell(field, "Saving…");
  const url = document.querySelector("data-grid") ? linked(cellUrl) : cellUrl;
  const item = { field, number, name, url, values: { row, key, kind, value, v, ...(makes && { create: "1" }) } };
  queue.push(item);
  inTurn(() => send(item));
}

async function send(item) {
  const answer = await insist(host, item.url, item.values, (error) => tellMissed(item.field, error));
  queue.splice(queue.indexOf(item), 1);
  if (answer.status === 200) accepted(item, answer);
  else refused(item, answer);
}

function tellMissed(field, error) {
  if (!field.isConnected) return;
  const isLoggedOut = error instanceof LoggedOut;
  tell(field, isLoggedOut ? "Not saved: you have been logged out." : "Rowan cannot be reached. This is saved as soon as it can: keep this page open.", "bad");
}

function accepted({ field, values }, { text }) {
  if (!isSending(field)) settled(field, true);
  document.dispatchEvent(new CustomEvent("row:saved", { detail: { id: values.row, html: text } }));
  if (isSending(field) || isDirty(field)) return;
  tell(field, "Saved", "good");
  const state = field.querySelector(".row-state");
  setTimeout(() => state.classList.contains("good") && state.replaceChildren(), SAVED_MS);
}

function refused({ field, number, name, values }, answer) {
  const reason = sentence(answer);
  settled(field, false);
  if (!field.isConnected) return tellFar({ number, name, text: values.value, reason });
  if (answer.status !== 409 || answer.json?.current === undefined) return tell(field, reason, "bad");
  const { current, version } = answer.json;
  return tell(field, `${reason} It now holds ${current ? `“${current}”` : "nothing"}; you entered ${values.value ? `“${values.value}”` : "nothing"}.`, "bad", [
    ["Keep mine", () => save(field, values.value, version, values.create === "1")],
    ["Take theirs", () => take(field)],
  ]);
}

// Of a row that is not in the panel any more.
function tellFar({ number, name, text, reason }) {
  const where = number ? `Row ${number}, “${name}”` : `“${name}”`;
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: `${where}: ${reason} You had entered: “${text}”.`, kind: "bad" } }));
}

/** A panel goes: what was refused in it is told, so that it is not lost. */
export function tellRefused(article) {
  for (const field of article.querySelectorAll(".row-field[data-wrong]")) {
    if (isSending(field) || field.refused === undefined) continue;
    const reason = field.querySelector(".row-state").firstChild?.textContent ?? "";
    tellFar({ number: article.dataset.number, name: field.dataset.name, text: valueOf(field), reason });
  }
}

function take(field) {
  restore(field);
  articleOf(field).dispatchEvent(new CustomEvent("row:fresh", { bubbles: true, detail: { field } }));
}
