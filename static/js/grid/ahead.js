// What is typed ahead of a new row that is on its way: kept, and typed into that row once it is here.
import { commandOf, types } from "./keys.js";

const LONGEST_MS = 10_000; // who types wants to see it: after this it is told and let go

export class Ahead {
  #held = null; // {id, timer}: the row that is waited for; its id is not known at first
  #kept = []; // {event, text} as they came; text is null for a command

  constructor(grid) {
    this.grid = grid;
  }

  get isHolding() {
    return this.#held !== null;
  }

  /** Keep what is typed until a row is here: `coming` promises its id, or null where there will be none. */
  async hold(coming) {
    this.#end();
    const held = { id: null, timer: setTimeout(() => this.drop(), LONGEST_MS) };
    this.#held = held;
    this.grid.toggleAttribute("data-adding", true);
    held.id = await coming;
    if (this.#held !== held) return;
    if (held.id === null) this.drop();
    else this.look();
  }

  /** Keep an event of the keyboard or of an input method, while there is a row to wait for. Returns whether it is kept. */
  keeps(event) {
    if (!this.isHolding || (event.type === "keydown" && !this.#isOurs(event))) return false;
    if (event.type === "keydown") this.#pressed(event);
    else if (event.type !== "compositionstart" && event.data) this.#kept.push({ event, text: event.data });
    this.look();
    return true;
  }

  /** Rows have come: it may be among them. */
  look() {
    const { editing, rows, focusRow } = this.grid;
    const row = this.#held?.id ? rows.indexOf(this.#held.id) : -1;
    if (row < 0 || editing.editor.isComposing) return;
    this.#end();
    if (!this.#kept.length) return;
    if (row !== focusRow) this.grid.goTo(row, 0);
    // A command may be to add one row more: then the rest is for that one.
    while (this.#kept.length && !this.isHolding) this.#play(this.#kept.shift());
  }

  /** Wait no longer; what was typed is told, so that it is not lost. */
  drop() {
    this.#end();
    const typed = this.#kept.map(({ text }) => text ?? " ").join("").trim();
    this.#kept = [];
    if (typed) this.grid.toast(`There is no new row to type into. You had typed: “${typed}”.`, "bad");
  }

  #end() {
    clearTimeout(this.#held?.timer);
    this.#held = null;
    this.grid.toggleAttribute("data-adding", false);
  }

  #isOurs(event) {
    return !event.isComposing && (types(event) || event.key === "Backspace" || commandOf(event) !== undefined);
  }

  #pressed(event) {
    event.preventDefault();
    const last = this.#kept.at(-1);
    const isTyping = Boolean(last?.text);
    if (event.key === "Escape") this.#kept = [];
    else if (event.key === "Backspace" && isTyping) this.#kept.splice(-1, 1, ...shorter(last));
    else if (types(event) || (event.key === " " && isTyping)) this.#kept.push({ event, text: event.key });
    else if (commandOf(event)) this.#kept.push({ event, text: null });
  }

  #play({ event, text }) {
    const { grid } = this;
    const { editor } = grid.editing;
    if (text === null) return (editor.isOpen ? editor.field : grid).dispatchEvent(new KeyboardEvent(event.type, event));
    if (!editor.isOpen) grid.editing.typed(event, text);
    if (editor.isOpen) editor.insert(text);
    return undefined;
  }
}

// Without its last character, or nothing.
function shorter({ event, text }) {
  const left = [...text].slice(0, -1).join("");
  return left ? [{ event, text: left }] : [];
}
