// What stands in the body from top to bottom: rows, and between them the headings of their groups. Pure.
//
// A line is a place on the screen, a row a place in the view's order. Without groups they are the same. Rows of a closed group
// have no line: they are neither shown nor asked for.

/** Every row has a line of its own. */
export class FlatLines {
  constructor(count) {
    this.length = count;
  }

  /** The row on a line, or -1 where a heading stands. */
  rowAt(line) {
    return line;
  }

  headingAt() {
    return null;
  }

  /** The line of a row, or of the heading that hides it. */
  lineOf(row) {
    return row;
  }

  /** The nearest row from `row` on in a direction that is not hidden; `row` itself when it has a line. */
  shown(row) {
    return row;
  }

  /** The rows on these lines, as [first, last] pairs. */
  ranges(first, last) {
    return last < first ? [] : [[first, last]];
  }
}

/**
 * Rows under headings. `headings` are [{level, rows, isLeaf, isClosed}], each before what it holds; `rows` counts all rows
 * below it. Of `count` rows those that no heading holds (just added) come last.
 */
export class GroupedLines {
  #pieces = []; // {line, row, length, heading}: a heading (length 1), or as many rows
  #places = []; // {row, line, isShown}: from which row on rows stand at a line, or under a closed heading

  constructor(headings, count) {
    let line = 0;
    let row = 0;
    let closed = Infinity; // the level of the closed heading that holds what comes
    for (const heading of headings) {
      // Headings may be older than the rows: never more lines than rows.
      const rows = Math.min(heading.rows, Math.max(0, count - row));
      if (heading.level <= closed) {
        closed = heading.isClosed ? heading.level : Infinity;
        this.#pieces.push({ line, row, length: 1, heading });
        line += 1;
        if (heading.isClosed) this.#places.push({ row, line: line - 1, isShown: false });
      }
      if (!heading.isLeaf) continue;
      if (closed === Infinity) {
        this.#rows(line, row, rows);
        line += rows;
      }
      row += rows;
    }
    if (count > row) {
      this.#rows(line, row, count - row);
      line += count - row;
    }
    this.length = line;
    this.count = count;
  }

  #rows(line, row, length) {
    if (!length) return;
    this.#pieces.push({ line, row, length, heading: null });
    this.#places.push({ row, line, isShown: true });
  }

  rowAt(line) {
    const piece = this.#pieces[last(this.#pieces, "line", line)];
    return !piece || piece.heading ? -1 : piece.row + line - piece.line;
  }

  headingAt(line) {
    return this.#pieces[last(this.#pieces, "line", line)]?.heading ?? null;
  }

  lineOf(row) {
    const place = this.#places[last(this.#places, "row", row)];
    if (!place) return 0;
    return place.isShown ? place.line + row - place.row : place.line;
  }

  shown(row, direction = 1) {
    const at = last(this.#places, "row", row);
    if (at < 0 || this.#places[at].isShown) return row;
    return this.#next(at, direction) ?? this.#next(at, -direction) ?? row;
  }

  #next(at, direction) {
    for (let other = at + direction; other >= 0 && other < this.#places.length; other += direction) {
      const { row, isShown } = this.#places[other];
      if (isShown) return direction > 0 ? row : (this.#places[other + 1]?.row ?? this.count) - 1;
    }
    return null;
  }

  ranges(first, lastLine) {
    const found = [];
    for (let at = Math.max(0, last(this.#pieces, "line", first)); at < this.#pieces.length; at += 1) {
      const { line, row, length, heading } = this.#pieces[at];
      if (line > lastLine) break;
      if (heading) continue;
      const from = Math.max(first, line);
      const to = Math.min(lastLine, line + length - 1);
      if (to >= from) found.push([row + from - line, row + to - line]);
    }
    return found;
  }
}

// The last item whose `name` is not above `value`, by halving; -1 for none.
function last(items, name, value) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle][name] <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
