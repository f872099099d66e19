// @ts-check
// What stands behind the address: a key (#k=) or a link's token (#s=). It is taken out of the address bar before anything
// else runs, so that it is in no history, no bookmark and no copied address, and shown to the server once.

const found = /^#([ks])=([^&]+)$/.exec(location.hash);
if (found) history.replaceState(history.state, "", location.pathname + location.search);

/** what to show, until it was shown @type {{key: string} | {share: string} | null} */
let shown = found ? (found[1] === "k" ? { key: decoded(found[2]) } : { share: decoded(found[2]) }) : null;

/**
 * Who this page is to the server.
 * @typedef {{role: "anybody" | "viewer" | "presenter" | "operator", redacted: boolean, until?: number, asked: boolean, key: boolean, password: boolean}} Standing
 */

/** Show what stood behind the address, once. @param {import("./api.js").API} api @returns {Promise<Standing> | null} null where nothing did */
export function show(api) {
  if (!shown) return null;
  const body = shown;
  shown = null;
  return api.post("login", body);
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
