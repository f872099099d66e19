// @ts-check
// The words of the interface, in the reader's language. They are kept in rooms, a file for each part of the page and each
// language (en/host.js, zh/host.js), and asked for by room and name: say("host.uptime"). English words of the first view
// come with this module; everything else is fetched when somebody needs it. To add a language, add a folder and its line
// in `languages`.

import { recall, remember } from "../remember.js";
import alerts from "./en/alerts.js";
import charts from "./en/charts.js";
import host from "./en/host.js";
import server from "./en/server.js";
import tables from "./en/tables.js";

/**
 * One text with {names} to fill in, or one for each plural form of the number {n}.
 * @typedef {string | {readonly [form in Intl.LDMLPluralRule]?: string}} Text
 */
/** @typedef {{readonly [name: string]: Text}} Room */
/** @typedef {"en" | "zh"} Language */
/** @typedef {{[name: string]: string | number}} Fill */

/** Each language by its folder: how HTML and Intl name it, what its readers call it, and the letters of its button. */
export const languages = /** @type {const} */ ({
  en: { tag: "en", name: "English", short: "EN" },
  zh: { tag: "zh-Hans", name: "简体中文", short: "中" },
});

const names = /** @type {Language[]} */ (Object.keys(languages));

/** Attributes of an element that name the words of its text and of other attributes. */
const places = { "data-say": "", "data-say-label": "aria-label", "data-say-title": "title", "data-say-placeholder": "placeholder" };
const anywhere = Object.keys(places).map((name) => `[${name}]`).join();

/** @type {Language} */
let language = "en";
const plural = inLanguage(() => new Intl.PluralRules(locale()));
const numbers = inLanguage(() => new Intl.NumberFormat(locale()));
/** rooms that somebody needs */
const wanted = new Set(["alerts", "host", "charts", "server", "tables"]);
/** by language and room @type {Map<string, Room>} */
const rooms = new Map(Object.entries({ "en/alerts": alerts, "en/host": host, "en/charts": charts, "en/server": server, "en/tables": tables }));
/** @type {Set<() => void>} */
const followers = new Set();
/** the last wish for a language: those before it are nobody's any more */
let wishes = 0;

/** The language in use. */
export function spoken() {
  return language;
}

/** The language in use, as Intl wants to have it. */
export function locale() {
  return languages[language].tag;
}

/**
 * @param {string} key room.name
 * @param {Fill} [fill] for the {names}; numbers are written as the language does
 * @returns {string} the key itself where there are no such words, which a test finds before a reader does
 */
export function say(key, fill) {
  const text = find(key);
  if (text === undefined) return key;
  const form = typeof text === "string" ? text : (text[plural().select(Number(fill?.n))] ?? text.other ?? "");
  return fill ? form.replace(/\{(\w+)\}/g, (_, name) => written(fill[name])) : form;
}

/**
 * What the server calls something, in the reader's words, or just as the server says it where there are none.
 * @param {string} group room.name, the beginning of a key
 * @param {string} name its letters and figures are the rest of the key, with _ for all between
 */
export function term(group, name) {
  const key = `${group}_${name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_|_$/g, "")}`;
  return find(key) === undefined ? name : say(key);
}

/**
 * Gives an element words that stay with it when the language changes.
 * @param {Element} element without elements inside, unless it is an attribute that speaks
 * @param {string} key
 * @param {"data-say" | "data-say-label" | "data-say-title" | "data-say-placeholder"} [place]
 */
export function caption(element, key, place = "data-say") {
  if (element.getAttribute(place) !== key) element.setAttribute(place, key);
  put(element);
}

/** Writes the words of everything in there that names its own, as far as they are here. @param {ParentNode} root */
export function fill(root) {
  for (const element of root.querySelectorAll(anywhere)) put(element);
}

/**
 * Fetches rooms, if they are not here yet. Only then may their words be said.
 * @param {...string} more their names
 */
export async function load(...more) {
  for (const room of more) wanted.add(room);
  await fetchAll(language);
  fill(document);
}

/**
 * Speaks another language from now on: as soon as its rooms are here, everything that names its words is written anew,
 * and the followers are told. When they cannot be fetched nothing changes.
 * @param {Language} next
 */
export async function speak(next) {
  const wish = ++wishes;
  await fetchAll(next);
  if (wish !== wishes || next === language) return;
  remember("language", next);
  use(next);
  fill(document);
  for (const follower of followers) follower();
}

/**
 * Something that is made once for a language, when it is first needed in it.
 * @template T
 * @param {() => T} make
 * @returns {() => T}
 */
export function inLanguage(make) {
  /** @type {T} */
  let made;
  /** @type {Language | undefined} */
  let of;
  return () => {
    if (of !== language) made = make();
    of = language;
    return made;
  };
}

/** The language after this one. */
export function next() {
  return names[(names.indexOf(language) + 1) % names.length];
}

/** Calls when the language has changed, for what was put together from words. @param {() => void} follower */
export function follow(follower) {
  followers.add(follower);
}

/** The language the reader chose here, else the first of the browser's that there is, else English. */
function preferred() {
  const chosen = recall("language");
  for (const tag of [chosen ?? "", ...navigator.languages]) {
    const found = names.find((name) => name === tag.toLowerCase().split("-")[0]);
    if (found) return found;
  }
  return names[0];
}

/** @param {Language} chosen */
function use(chosen) {
  language = chosen;
  document.documentElement.lang = locale();
}

/** What is wanted while it is being fetched is fetched as well. @param {Language} of */
async function fetchAll(of) {
  for (;;) {
    const missing = [...wanted].filter((room) => !rooms.has(`${of}/${room}`));
    if (missing.length === 0) return;
    await Promise.all(missing.map(async (room) => {
      rooms.set(`${of}/${room}`, (await import(`./${of}/${room}.js`)).default);
    }));
  }
}

/** @param {string} key @returns {Text | undefined} */
function find(key) {
  const dot = key.indexOf(".");
  const room = rooms.get(`${language}/${key.slice(0, dot)}`);
  const name = key.slice(dot + 1);
  return room && Object.hasOwn(room, name) ? room[name] : undefined;
}

/** @param {string | number | undefined} value */
function written(value) {
  return typeof value === "number" ? numbers().format(value) : (value ?? "");
}

/** @param {Element} element */
function put(element) {
  for (const [place, attribute] of Object.entries(places)) {
    const key = element.getAttribute(place);
    if (key === null || find(key) === undefined) continue;
    // Words that are there already are left alone: writing them again would be a layout, five times a second for some.
    const words = say(key);
    if (!attribute) {
      if (element.textContent !== words) element.textContent = words;
    } else if (element.getAttribute(attribute) !== words) element.setAttribute(attribute, words);
  }
}

use("en");
const reader = preferred();
if (reader !== "en") {
  // Their own words before anything is shown; without them, English rather than nothing.
  await fetchAll(reader).then(() => use(reader), () => {});
}
fill(document);
