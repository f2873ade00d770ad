// One line for everything that a person changes on a page, wherever on it: cells they type into, pastes, deletions, undo, fields of a
// row's panel. Each is sent when the one before has its answer, so the server does them in the order in which the person did.
let last = Promise.resolve();

/**
 * Do `run` when all that was begun before is done, whatever became of it: a promise of what it returns.
 *
 * `run` sends what was decided when the person did it, and must end: it waits for answers, never for another turn.
 */
export function inTurn(run) {
  const turn = last.then(run);
  last = turn.catch(() => {});
  return turn;
}

/** Resolves when nothing is under way. */
export async function allDone() {
  for (let seen; seen !== last; ) {
    seen = last;
    await seen;
  }
}
