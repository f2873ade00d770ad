// The one floating editor: a text field over the cell, with a list of choices for selects. Text is kept as typed; the server reads it.
//
// Between edits an empty field rests unseen over the focused cell and has the keyboard: an input method composes only into a
// field that was there before its first key.
import { Unreachable, ask } from "./ask.js";
import { FOCUS_ID } from "./paint.js";
import { Picker } from "./picker.js";
import { joined } from "./preview.js";

// What their cells show is not all of what they hold: decimals are rounded, "https://" is left out, stars are no digits.
const SHOWN_DIFFERS = new Set(["number", "currency", "percent", "date", "datetime", "url", "rating"]);
// What the list of choices or a reason needs beside the field, in px.
const ROOM_BELOW = 270;
const ROOM_RIGHT = 380;
const MOVES = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

export class Editor {
  #open = null; // {id, v, row, col, kind, before, begun}
  #place = ""; // where the field is, as written

  /**
   * `commit(edit)` gets {id, v, row, col, text}; `closed(move)` comes after, with the command to go on with or null.
   *
   * `begin(event)` is told of text that comes into the resting field; `rests` is whether there is one.
   */
  constructor(grid, layer, { cellUrl, commit, closed, begin, place, rests }) {
    Object.assign(this, { grid, layer, cellUrl, commit, closed, begin, place, rests });
    if (rests) this.#rest();
  }

  get isOpen() {
    return this.#open !== null;
  }

  /**
   * Edit a cell. `begun` is "here" (the text as it is, cursor at its end) or "typed" (empty: the key that opened it lands in it).
   *
   * `again` is {text, reason} of an edit that was refused: it goes on with what was typed.
   */
  open({ row, cell, index, col, column, options, begun, again }) {
    this.cancel();
    const { id, v } = row.dataset;
    const text = shownText(cell, column.kind);
    this.#open = { id, v: again ? null : v, row: index, col, kind: column.kind, before: text, begun };
    if (!this.rests) this.#build();
    this.#dress(column, again);
    if (column.kind === "select" || column.kind === "multi_select") this.#addPicker(column, options, cell);
    if (again) this.field.value = again.text;
    else if (begun === "here" && column.kind !== "multi_select") this.field.value = text;
    this.reposition();
    this.focus();
    // What is being typed or composed into the field is left alone.
    if (column.kind === "select" && begun === "here") this.field.select();
    else if (begun === "here") this.field.setSelectionRange(this.field.value.length, this.field.value.length);
    const isExact = !SHOWN_DIFFERS.has(column.kind) && cell.dataset.cut === undefined && !cell.querySelector(".bad");
    if (begun === "here" && !again && !isExact) this.#fetch(column, cell.dataset.cut !== undefined);
  }

  /** Give the keyboard to the field. */
  focus() {
    if (document.activeElement !== this.field) this.field.focus({ preventScroll: true });
  }

  /** Put the field over its cell again, after scrolling or a change of widths. */
  reposition() {
    if (!this.box) return;
    const { row, col } = this.#open ?? this.grid.selection.focus;
    const { left, top, width, height } = this.#open ? this.place(row, col) : this.grid.placeInWindow(row, col);
    const written = `${left} ${top} ${width}`;
    if (!this.#open && written === this.#place) return;
    this.#place = written;
    Object.assign(this.box.style, { left: `${left}px`, top: `${top}px` });
    Object.assign(this.field.style, { minWidth: `${width + 1}px`, minHeight: `${height + 1}px` });
    if (this.#open) this.#fit(left, top);
  }

  // At an edge of the view the field moves inwards, and what hangs on it goes to its other side.
  #fit(left, top) {
    const { grid, box, field } = this;
    const view = grid.getBoundingClientRect();
    const right = view.left + grid.clientWidth;
    const bottom = view.top + grid.clientHeight;
    const cell = field.getBoundingClientRect();
    box.style.left = `${left - Math.max(0, cell.right - right)}px`;
    box.style.top = `${top - Math.max(0, cell.bottom - bottom)}px`;
    box.classList.toggle("above", cell.bottom + ROOM_BELOW > view.bottom && cell.top - ROOM_BELOW > view.top);
    box.classList.toggle("from-right", cell.left + ROOM_RIGHT > view.right);
  }

  /** Take what is in the field and go on with command `move` (or stay: null). */
  finish(move) {
    if (!this.#open) return;
    const { id, v, row, col, before, kind } = this.#open;
    const text = this.picker?.many ? joined(this.picker.names()) : this.field.value;
    const isChanged = text !== before || v === null;
    this.#close();
    if (isChanged) this.commit({ id, v, row, col, kind, text });
    this.closed(move);
  }

  cancel() {
    if (!this.#open) return;
    this.#close();
    this.closed(null);
  }

  #build() {
    this.box = document.createElement("div");
    this.box.className = "editor";
    this.box.setAttribute("role", "presentation");
    this.field = document.createElement("textarea");
    this.field.className = "editor-field";
    this.field.rows = 1;
    this.field.dir = "auto";
    this.field.addEventListener("keydown", (event) => this.#pressed(event));
    this.field.addEventListener("input", () => this.#changed());
    this.field.addEventListener("blur", () => this.finish(null));
    this.box.append(this.field);
    this.layer.append(this.box);
    this.#place = "";
  }

  #rest() {
    this.#build();
    this.box.classList.add("resting");
    this.field.setAttribute("aria-label", "Cell");
    this.field.setAttribute("aria-activedescendant", FOCUS_ID);
    const begin = (event) => this.#open || this.begin(event);
    this.field.addEventListener("compositionstart", begin);
    this.field.addEventListener("beforeinput", (event) => {
      if (event.inputType === "insertText" && !event.isComposing) begin(event);
      if (!this.#open && event.cancelable) event.preventDefault();
    });
    // A composition cannot be refused, only thrown away.
    this.field.addEventListener("compositionend", () => this.#open || (this.field.value = ""));
  }

  #dress(column, again) {
    this.box.classList.remove("resting");
    this.field.removeAttribute("aria-activedescendant");
    this.field.classList.toggle("r", column.align === "right");
    this.field.spellcheck = column.kind === "long_text";
    this.field.setAttribute("aria-label", `${column.name}, row ${this.#open.row + 1}`);
    if (again) this.#explain(again.reason);
  }

  #changed() {
    this.picker?.filter();
    this.reposition();
  }

  #explain(reason) {
    const words = document.createElement("p");
    words.className = "editor-reason";
    words.id = "grid-editor-reason";
    words.setAttribute("role", "alert");
    words.textContent = reason;
    this.field.setAttribute("aria-invalid", "true");
    this.field.setAttribute("aria-describedby", words.id);
    this.box.append(words);
  }

  #addPicker({ kind, name }, options, cell) {
    const chosen = [...cell.querySelectorAll(".opt")].map((option) => option.textContent);
    const many = kind === "multi_select";
    this.picker = new Picker(this.field, options.options ?? [], { chosen, many, picked: () => this.finish("down") });
    this.picker.list.setAttribute("aria-label", `Choices of ${name}`);
    if (many) this.#open.before = joined(this.picker.names());
    if (many) this.field.placeholder = "Find a choice";
    this.box.append(this.picker.list);
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
    if (this.field.value === shown) this.field.value = text;
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
    if (this.picker && MOVES[event.key]?.match(/up|down/)) {
      event.preventDefault();
      this.picker.move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.cancel();
    } else if (event.key === "Enter" && event.altKey) {
      event.preventDefault();
      this.field.setRangeText("\n", this.field.selectionStart, this.field.selectionEnd, "end");
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!this.picker?.take()) this.finish(event.shiftKey ? "up" : "down");
    } else if (event.key === "Tab") {
      event.preventDefault();
      this.finish(event.shiftKey ? "previous" : "next");
    } else if (MOVES[event.key] && this.#open.begun === "typed" && !event.shiftKey) {
      event.preventDefault();
      this.finish(MOVES[event.key]);
    }
  }

  #close() {
    this.#open = null;
    this.picker = null;
    this.box.remove();
    this.box = null;
    if (this.rests) this.#rest();
  }
}

function shownText(cell, kind) {
  if (kind === "rating") return String([...(cell.querySelector(".stars")?.firstChild?.textContent ?? "")].length || "");
  return cell.textContent;
}
