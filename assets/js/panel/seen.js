// @ts-check
// Work for a panel that nobody sees waits until somebody does: a table below the fold costs nothing.

/**
 * A job that is done at once while the element can be seen, and the first time, so that the page has its height;
 * otherwise once, when it comes into sight.
 * @param {Element} element
 * @param {() => void} job
 * @returns {() => void}
 */
export function whenSeen(element, job) {
  let seen = false;
  let owed = false;
  let done = false;
  const observer = new IntersectionObserver((entries) => {
    seen = entries[entries.length - 1].isIntersecting;
    if (seen && owed) run();
  }, { rootMargin: "64px" });
  observer.observe(element);
  const run = () => {
    owed = !seen && done;
    if (owed) return;
    done = true;
    job();
  };
  return run;
}
