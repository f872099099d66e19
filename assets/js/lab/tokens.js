// @ts-check
// Cuts Go and JavaScript into what a reader tells apart at a glance: comments, strings, numbers, keywords. Pure. It knows
// no grammar: what it does not know is plain text, and the pieces together are the text, always.

/** @typedef {"" | "comment" | "string" | "number" | "keyword" | "type" | "call"} Kind */
/** @typedef {{kind: Kind, text: string}} Token */
/** @typedef {"go" | "js"} Language */

const words = (/** @type {string} */ list) => new Set(list.split(" "));

/** Go specification, "Keywords", with the constants that nobody shadows. */
const goKeywords = words("break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var nil true false iota");
const goTypes = words("any bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr");
/** ECMAScript, "Keywords and Reserved Words", with those that are so in modules and by where they stand. */
const jsKeywords = words("async await break case catch class const continue debugger default delete do else export extends finally for from function get if import in instanceof let new of return set static super switch this throw try typeof undefined var void while with yield null true false");

/** Behind these a / begins a regular expression; behind a name, a number or a closing bracket it divides. */
const before = /(?:^|[=(,;:!&|?{}[+\-*%<>~^]|\b(?:return|typeof|case|in|of|delete|void|throw|new|await|yield))$/;

const patterns = {
  go: new RegExp([
    /(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))/,
    /(?<string>"(?:\\.|[^"\\\n])*"?|`[^`]*`?|'(?:\\.|[^'\\\n])*'?)/,
    /(?<number>\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d+)?i?)\b)/,
    /(?<word>[\p{L}_][\p{L}\p{N}_]*)/u,
  ].map(({ source }) => source).join("|"), "uy"),
  js: new RegExp([
    /(?<comment>\/\/[^\n]*|\/\*[^]*?(?:\*\/|$))/,
    /(?<string>"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/,
    /(?<number>\b(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]+)?(?:[eE][+-]?\d+)?n?)\b)/,
    /(?<word>#?[\p{L}_$][\p{L}\p{N}_$]*)/u,
  ].map(({ source }) => source).join("|"), "uy"),
};

const expression = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;

/**
 * @param {string} text
 * @param {Language} language
 * @returns {Token[]} none is empty, and no two neighbours are both plain
 */
export function tokens(text, language) {
  /** @type {Token[]} */
  const found = [];
  let significant = ""; // the last that is neither blank nor comment
  const add = (/** @type {Kind} */ kind, /** @type {string} */ piece) => {
    if (piece === "") return;
    const last = found.at(-1);
    if (last && last.kind === kind && kind === "") last.text += piece;
    else found.push({ kind, text: piece });
    if (kind !== "comment" && piece.trim() !== "") significant = piece.trimEnd();
  };
  /** open brackets, inside ${ of templates: how many are open in each @type {number[]} */
  const templates = [];
  const pattern = patterns[language];
  for (let at = 0; at < text.length;) {
    const c = text[at];
    if (language === "js") {
      if (c === "`" || (c === "}" && templates.at(-1) === 0)) {
        const end = templateEnd(text, at + 1);
        if (c === "}") templates.pop();
        add("string", text.slice(at, end));
        if (text.endsWith("${", end) && end > at + 1) templates.push(0);
        at = end;
        continue;
      }
      if (templates.length > 0 && (c === "{" || c === "}")) templates[templates.length - 1] += c === "{" ? 1 : -1;
      if (c === "/" && text[at + 1] !== "/" && text[at + 1] !== "*" && before.test(significant)) {
        const match = matchAt(expression, text, at);
        if (match) {
          add("string", match[0]);
          at += match[0].length;
          continue;
        }
      }
    }
    const match = matchAt(pattern, text, at);
    if (!match || match[0] === "") {
      add("", c);
      at++;
      continue;
    }
    const { comment, string, number, word } = match.groups ?? {};
    if (comment !== undefined) add("comment", comment);
    else if (string !== undefined) add("string", string);
    else if (number !== undefined) add("number", number);
    else add(kindOf(word, language, text[at + word.length], significant), word);
    at += match[0].length;
  }
  return found;
}

/**
 * Where the text part of a template ends, behind its ` or its ${.
 * @param {string} text
 * @param {number} at
 */
function templateEnd(text, at) {
  for (; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "`") return at + 1;
    else if (text[at] === "$" && text[at + 1] === "{") return at + 2;
  }
  return text.length;
}

/** @param {RegExp} sticky @param {string} text @param {number} at */
function matchAt(sticky, text, at) {
  sticky.lastIndex = at;
  return sticky.exec(text);
}

/**
 * @param {string} word
 * @param {Language} language
 * @param {string | undefined} next the character behind it
 * @param {string} previous what stands before it
 * @returns {Kind}
 */
function kindOf(word, language, next, previous) {
  const member = previous.endsWith("."); // of something: no keyword is
  if (!member && (language === "go" ? goKeywords : jsKeywords).has(word)) return "keyword";
  if (!member && language === "go" && goTypes.has(word)) return "type";
  return next === "(" ? "call" : "";
}

/**
 * The same, line by line: a token that goes over lines is one in each.
 * @param {string} text
 * @param {Language} language
 * @returns {Token[][]}
 */
export function lines(text, language) {
  /** @type {Token[][]} */
  const all = [[]];
  for (const token of tokens(text.endsWith("\n") ? text.slice(0, -1) : text, language)) {
    for (const [i, piece] of token.text.split("\n").entries()) {
      if (i > 0) all.push([]);
      if (piece !== "") all[all.length - 1].push({ kind: token.kind, text: piece });
    }
  }
  return all;
}
