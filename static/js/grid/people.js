// Who else looks at this table: their names beside its own, and a mark on the cell where each of them is.
//
// Marks are rules of a style sheet, so that rows may come, go and be painted as they like.
import { made } from "../elements.js";
import { addressed } from "./link.js";

const COLORS = 8; // as in css/people.css
const NUMBER_COLUMN = 1;
// A name in the corner of a cell. An AI cell draws its own state behind its value (css/ai.css), so there it stands before that.
const NAME = `position: absolute; top: 0; max-width: 70%; padding: 0 4px; border-radius: 0 0 0 4px; overflow: hidden; color: #fff;
  font-size: 10px; font-weight: 600; line-height: 13px; text-overflow: ellipsis; white-space: nowrap; pointer-events: none`;
const NAME_RIGHT = 0;
const NAME_RIGHT_OF_AI = 22; // px, as .cell[data-ai] has at its end

export class People {
  #page = Math.random().toString(36).slice(2, 14);
  #who = "";
  #sheet = new CSSStyleSheet();

  constructor(grid, list) {
    Object.assign(this, { grid, list });
    document.adoptedStyleSheets.push(this.#sheet);
    list.addEventListener("click", ({ target }) => this.#goTo(target.closest("button")));
  }

  /** What the server is told with each question for changes. */
  told() {
    const { grid } = this;
    const column = grid.columns.length ? grid.columns.at(grid.focusCol) : null;
    return { page: this.#page, who: this.#who, row: grid.focusedId() ?? 0, key: column?.key ?? 0 };
  }

  /** Show who is there: [{user, name, row, key}]. */
  met({ people, who }) {
    this.#who = who;
    this.list.replaceChildren(...people.map((each) => this.#face(each)));
    this.list.hidden = !people.length;
    this.#sheet.replaceSync(people.map((each) => this.#rule(each)).join(" "));
  }

  #face({ user, name, row, key }) {
    const words = `${name} is here. Go to their cell`;
    const attributes = { type: "button", class: `face person-${user % COLORS}`, title: words, "aria-label": words, "data-row": row, "data-key": key };
    return made("li", {}, made("button", attributes, initials(name)));
  }

  #rule({ user, name, row, key }) {
    const col = this.grid.columns.indexOf(key);
    if (!row || col < 0) return "";
    const cell = `data-grid .row[data-id="${Number(row)}"] > .cell[aria-colindex="${col + NUMBER_COLUMN + 1}"]`;
    const color = `var(--person-${user % COLORS})`;
    return `${cell} { outline: 2px solid ${color}; outline-offset: -2px }
      :where(${cell}) { position: relative }
      ${cell}:not([data-ai])::after { right: ${NAME_RIGHT}px }
      ${cell}[data-ai]::before { right: ${NAME_RIGHT_OF_AI}px }
      ${cell}:not([data-ai])::after, ${cell}[data-ai]::before { ${NAME}; content: ${quoted(name)}; background: ${color} }`;
  }

  #goTo(button) {
    if (!button) return;
    const { row, key } = button.dataset;
    const index = this.grid.rows.indexOf(row);
    if (index >= 0) this.grid.goTo(index, Math.max(0, this.grid.columns.indexOf(Number(key))));
    else if (Number(row)) location.assign(addressed(location.pathname, { row }));
  }
}

function initials(name) {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
}

// A text as a string of CSS: what could end it is written by its number.
function quoted(text) {
  return `"${[...text].map((char) => (/[\p{L}\p{N} ]/u.test(char) ? char : `\\${char.codePointAt(0).toString(16)} `)).join("")}"`;
}
