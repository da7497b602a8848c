/** An action that is not begun again while it goes on: a second click on a button does nothing. */
export function onceAtATime(action) {
  let goesOn = false;
  return async (...parameters) => {
    if (goesOn) return;
    goesOn = true;
    try {
      await action(...parameters);
    } finally {
      goesOn = false;
    }
  };
}
