// A column dragged to another place by its header.
import { moveColumn } from "./column_writes.js";
import { follow } from "./drags.js";

const FAR_PX = 5; // less is a click

/** The header of column `col` was pressed: it follows the pointer once that goes far enough sideways. */
export function dragColumn(grid, event, col) {
  const head = grid.columns.heads[col];
  let place = null;
  const mark = (wanted) => {
    place = wanted;
    grid.classList.toggle("moving", place !== null);
    head.classList.toggle("dragged", place !== null);
    grid.marks.columnDrop = place;
    grid.view.invalidate();
  };
  follow(grid, event, {
    edges: "sides",
    move(at) {
      if (place !== null || Math.abs(at.clientX - event.clientX) >= FAR_PX) mark(grid.places.gapAt(at.clientX));
    },
    end(isDone) {
      const wanted = place;
      mark(null);
      if (isDone && wanted !== null) moveColumn(grid, col, wanted);
    },
  });
}
