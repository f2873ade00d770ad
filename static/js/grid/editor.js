// The one floating editor: a text field over the cell, and what helps with its kind. Text is kept as typed; the server reads it.
//
// Between edits an empty field rests unseen over the focused cell and has the keyboard (field.js).
import { Unreachable, ask } from "./ask.js";
import { dress, explain, makeField, rest } from "./field.js";
import { popupOf } from "./popups.js";

// What their cells show is not all of what they hold: decimals are rounded, "https://" is left out, stars are no digits.
const SHOWN_DIFFERS = new Set(["number", "currency", "percent", "date", "datetime", "url", "rating"]);
// Their text is rather replaced than gone on with.
const WHOLE = new Set(["select", "date", "datetime"]);
// What the list of choices or a reason needs beside the field, in px.
const ROOM_BELOW = 270;
const ROOM_RIGHT = 380;
const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

export class Editor {
  #open = null; // {id, v, row, col, kind, key, before, begun}
  #place = ""; // where the field is, as written

  /**
   * `commit(edit)` gets {id, v, row, col, text}; `closed(move)` comes after, with the command to go on with or null.
   *
   * `begin(event)` is told of text that comes into the resting field, `composed(event)` of what was composed there without
   * opening it; `rests` is whether there is one.
   */
  constructor(grid, layer, { cellUrl, commit, closed, begin, composed, place, rests }) {
    Object.assign(this, { grid, layer, cellUrl, commit, closed, begin, composed, place, rests });
    if (rests) this.#rest();
  }

  get isOpen() {
    return this.#open !== null;
  }

  /** What is being typed, for whom it must not be lost: {id, v, key, text}, or null. */
  get draft() {
    if (!this.#open) return null;
    const { id, v, key, before } = this.#open;
    const text = this.#text();
    return text === before ? null : { id, v, key, text };
  }

  /**
   * Edit a cell. `begun` is "here" (the text as it is, cursor at its end) or "typed" (empty: the key that opened it lands in it).
   *
   * `again` is {text, reason} of an edit that was refused: it goes on with what was typed; with `v` on the version seen then.
   */
  open({ row, cell, index, col, column, options, begun, again }) {
    this.cancel();
    const { id, v } = row.dataset;
    const { kind, key } = column;
    const text = shownText(cell, kind);
    this.#open = { id, v: again ? (again.v ?? null) : v, row: index, col, kind, key, before: text, begun };
    if (!this.rests) this.#build();
    dress(this, column, index);
    if (again) explain(this, again.reason);
    const isMany = kind === "multi_select";
    if (!isMany && again) this.field.value = again.text;
    else if (!isMany && begun === "here") this.field.value = text;
    this.popup = popupOf(this, { column, options, cell, begun, again });
    if (isMany && !again) this.#open.before = this.#text();
    this.reposition();
    this.focus();
    // What is being typed or composed into the field is left alone.
    if (WHOLE.has(kind) && begun === "here") this.field.select();
    else if (begun === "here") this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    const isExact = !SHOWN_DIFFERS.has(kind) && cell.dataset.cut === undefined && !cell.querySelector(".bad");
    if (begun === "here" && !again && !isExact) this.#fetch(column, cell.dataset.cut !== undefined);
  }

  /** Give the keyboard to the field. */
  focus() {
    if (document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  /** The row at index `from` stands at `to` now. */
  follow(from, to) {
    if (this.#open?.row === from) this.#open.row = to;
  }

  /** Put the field over its cell again, after scrolling or a change of widths. */
  reposition() {
    const { box, field } = this;
    if (!box) return;
    const { row, col } = this.#open ?? this.grid.selection.focus;
    const { left, top, width, height } = this.#open ? this.place(row, col) : this.grid.places.inWindow(row, col);
    const written = `${left} ${top} ${width}`;
    if (!this.#open && written === this.#place) return;
    this.#place = written;
    Object.assign(box.style, { left: `${left}px`, top: `${top}px` });
    const framed = box.classList.contains("with-chips") ? box : field;
    Object.assign(field.style, { minWidth: "", minHeight: "" });
    Object.assign(framed.style, { minWidth: `${width + 1}px`, minHeight: `${height + 1}px` });
    if (this.#open) this.#fit(left, top);
  }

  // At an edge of the view the field moves inwards, and what hangs on it goes to its other side.
  #fit(left, top) {
    const { grid, box } = this;
    const view = grid.getBoundingClientRect();
    const right = view.left + grid.clientWidth;
    const bottom = view.top + grid.clientHeight;
    const cell = box.getBoundingClientRect();
    box.style.left = `${left - Math.max(0, cell.right - right)}px`;
    box.style.top = `${top - Math.max(0, cell.bottom - bottom)}px`;
    box.classList.toggle("above", cell.bottom + ROOM_BELOW > view.bottom && cell.top - ROOM_BELOW > view.top);
    box.classList.toggle("from-right", cell.left + ROOM_RIGHT > view.right);
    this.popup?.place?.();
  }

  /** Put text where the cursor is, as if it were typed. */
  insert(text) {
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.#changed();
  }

  /** Take what is in the field and go on with command `move` (or stay: null). */
  finish(move) {
    if (!this.#open) return;
    const { id, v, row, col, before, kind } = this.#open;
    const text = this.#text();
    const makes = Boolean(this.popup?.makes);
    const isChanged = text !== before || v === null;
    this.#close();
    if (isChanged) this.commit({ id, v, row, col, kind, text, makes });
    this.closed(move);
  }

  cancel() {
    if (!this.#open) return;
    this.#close();
    this.closed(null);
  }

  #text() {
    return this.popup?.text?.() ?? this.field.value;
  }

  #build() {
    Object.assign(this, makeField(this.layer));
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("input", () => this.#changed());
    this.field.addEventListener("picker:chips", () => this.reposition());
    // From the field to another one of the editor's own the edit goes on.
    this.box.addEventListener("focusout", ({ relatedTarget }) => this.box?.contains(relatedTarget) || this.finish(null));
    this.#place = "";
  }

  #rest() {
    this.#build();
    this.isComposing = false;
    const { begin, composed } = this;
    rest(this, { isOpen: () => this.isOpen, begin, composing: (isComposing) => (this.isComposing = isComposing), composed });
  }

  #changed() {
    this.popup?.changed();
    this.reposition();
  }

  // A cell shows at most the beginning of a long text: no key may change it before all of it is here.
  async #fetch({ key }, isCut) {
    const { id } = this.#open;
    const opened = this.#open;
    const shown = this.field.value;
    this.field.readOnly = isCut;
    let text = null;
    try {
      text = (await ask(this.grid, "GET", this.cellUrl, { row: id, key })).json?.text ?? null;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
    }
    if (this.#open !== opened) return;
    if (text === null && isCut) return this.#giveUp();
    this.field.readOnly = false;
    if (text === null) return;
    opened.before = text;
    if (this.field.value !== shown) return;
    this.field.value = text;
    if (text !== shown) this.#changed();
  }

  #giveUp() {
    this.cancel();
    this.grid.toast("The whole text of this cell could not be loaded, so it cannot be edited now. Try again.", "bad");
  }

  #pressed(event) {
    if (!this.#open) return; // the grid's
    event.stopPropagation();
    // While an input method composes, Enter and Escape are its own.
    if (event.isComposing || event.keyCode === 229) return;
    const { kind, begun } = this.#open;
    if (this.popup?.pressed(event)) {
      event.preventDefault();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "Enter" && (event.altKey || (event.shiftKey && kind === "long_text"))) {
      event.preventDefault();
      this.insert("\n");
    } else if (event.key === "Enter") {
      event.preventDefault();
      this.finish(event.shiftKey ? "up" : "down");
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.popup?.leaving?.();
      this.finish(event.shiftKey ? "previous" : "next");
    } else if (MOVES[event.key] && begun === "typed" && !event.shiftKey) {
      event.preventDefault();
      this.finish(MOVES[event.key]);
    }
  }

  #close() {
    this.#open = null;
    this.popup = null;
    this.frame.remove();
    this.box = null;
    if (this.rests) this.#rest();
  }
}

function shownText(cell, kind) {
  if (kind === "rating") return String([...(cell.querySelector(".stars")?.firstChild?.textContent ?? "")].length || "");
  return cell.textContent;
}
