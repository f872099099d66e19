// @ts-check
// A page that stays open while the program is replaced has the modules of before, and what it loads later would not fit
// them: a bundle says so, by not linking.

/** @param {unknown} error why a module was not loaded @returns {never} */
export function outdated(error) {
  if (error instanceof SyntaxError) location.reload();
  throw error;
}
