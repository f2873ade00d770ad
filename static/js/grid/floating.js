// What hangs on a field: buttons out of the order of Tab, and a place in the window.
import { button } from "../elements.js";

const GAP = 4;
const EDGE = 8;

/** A button out of the order of Tab; `content` is text or a node. */
export function quietButton(className, label, run, content = "") {
  return button(className, content, run, { "aria-label": label, title: label, tabindex: "-1" });
}

/** Put a popover below a box of the window, above it where there is no room, and always inside the window. */
export function placed(popover, { left, top, bottom }) {
  const { offsetWidth: width, offsetHeight: height } = popover;
  const isBelow = bottom + GAP + height <= innerHeight - EDGE || top - GAP - height < EDGE;
  const wanted = isBelow ? bottom + GAP : top - GAP - height;
  popover.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`;
  popover.style.top = `${Math.max(EDGE, Math.min(wanted, innerHeight - height - EDGE))}px`;
}
