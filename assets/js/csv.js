// @ts-check
// Rows of figures and words as comma-separated values (RFC 4180). Pure.

/** @typedef {string | number | null} Field a number that is not finite is unknown, and empty as null is */

/** What a spreadsheet would take for a formula is text. @param {Field} field */
function quoted(field) {
  if (field === null) return "";
  if (typeof field === "number") return Number.isFinite(field) ? String(field) : "";
  const safe = /^[=+\-@\t\r]/.test(field) ? `'${field}` : field;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {Field[][]} rows */
export function lines(rows) {
  return rows.map((fields) => `${fields.map(quoted).join(",")}\r\n`).join("");
}
