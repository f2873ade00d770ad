// Marks what was searched for in the rows that are seen, without a change to the page: the rows' HTML stays the same for
// every search, so the server renders and the browser parses it as fast as without one.
//
// A browser without the Custom Highlight API shows no marks; the rows it shows are the same.
const NAME = "found";
const ASCII = /^[\0-\x7f]*$/;
const MARKS = /[\u0300-\u036f]+/g;
const known = new Map(); // what plainChar has made: normalize is slow
const LETTERS = /[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]+/gsu; // each with the accents behind it
const FOLDED = { ς: "σ", ẞ: "ss", ı: "ı" };
const OTHERS = { ø: "o", ł: "l", đ: "d", ħ: "h", ı: "i", ς: "σ", ß: "ss" };

/** A text without case and accents, as the server's rowan_plain makes it. */
export function plain(text) {
  if (ASCII.test(text)) return text.toLowerCase();
  return Array.from(text, plainChar).join("");
}

/** The same with its accents, as tables/fold.py does it. */
export function accented(text) {
  if (ASCII.test(text)) return text.toLowerCase();
  return (text.match(LETTERS) ?? []).map(accentedLetter).join("");
}

function accentedLetter(letter) {
  return Array.from(letter.normalize("NFC"), (char) => FOLDED[char] ?? char.toUpperCase().toLowerCase()).join("");
}

// Through upper case and back, which is what case folding comes to.
function plainChar(char) {
  let made = known.get(char);
  if (made === undefined) known.set(char, (made = makePlain(char)));
  return made;
}

function makePlain(char) {
  const bare = char.normalize("NFKD").replace(MARKS, "");
  const folded = bare.toUpperCase().normalize("NFKD").replace(MARKS, "").toLowerCase();
  return Array.from(folded, (each) => OTHERS[each] ?? each).join("");
}

/** Where a plain term stands in a text, or one `withAccents`: [start, end] pairs that do not overlap. */
export function ranges(text, term, withAccents = false) {
  if (!term) return [];
  if (ASCII.test(text)) return found(text.toLowerCase(), term);
  // One character may become two, or none: for each of the plain text, where its own begins and ends.
  let folded = "";
  const starts = [];
  const ends = [];
  let at = 0;
  for (const char of withAccents ? (text.match(LETTERS) ?? []) : text) {
    const made = withAccents ? accentedLetter(char) : plainChar(char);
    if (!made && ends.length) ends[ends.length - 1] = at + char.length; // an accent belongs to the letter before it
    for (let n = 0; n < made.length; n += 1) {
      starts.push(at);
      ends.push(at + char.length);
    }
    folded += made;
    at += char.length;
  }
  const pairs = found(folded, term).map(([start, end]) => [starts[start], ends[end - 1]]);
  return pairs.filter(([start], n) => !n || start >= pairs[n - 1][1]); // ß holds two s
}

function found(text, term) {
  const pairs = [];
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + term.length)) pairs.push([at, at + term.length]);
  return pairs;
}

export class Highlighter {
  #term = "";
  #withAccents = false;
  #shown = new Map(); // row -> its ranges
  #marks = globalThis.Highlight ? new Highlight() : null;

  constructor() {
    if (this.#marks) CSS.highlights.set(NAME, this.#marks);
  }

  /** Whether there is anything to mark. */
  get isOn() {
    return this.#marks !== null && this.#term !== "";
  }

  /** What to mark from now on; "" for nothing. The rows must be shown again. */
  look(text, withAccents = false) {
    this.#withAccents = withAccents;
    this.#term = withAccents ? accented(text) : plain(text);
    this.#marks?.clear();
    this.#shown.clear();
  }

  /** Mark these rows' cells, and none of other rows. */
  show(rows) {
    if (!this.isOn) return;
    const now = new Set(rows);
    for (const row of this.#shown.keys()) if (!now.has(row)) this.forget(row);
    for (const row of now) if (!this.#shown.has(row)) this.#mark(row);
  }

  /** A row is gone, or its cells are other ones. */
  forget(row) {
    for (const range of this.#shown.get(row) ?? []) this.#marks.delete(range);
    this.#shown.delete(row);
  }

  #mark(row) {
    const made = [];
    // Each choice of a cell is a text of its own, and so is a link.
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.parentElement.classList.contains("num")) continue;
      for (const [start, end] of ranges(node.data, this.#term, this.#withAccents)) {
        const range = new StaticRange({ startContainer: node, startOffset: start, endContainer: node, endOffset: end });
        this.#marks.add(range);
        made.push(range);
      }
    }
    this.#shown.set(row, made);
  }
}
