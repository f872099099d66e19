// @ts-check
// The composition root of embed.html: one panel, live, for a frame in somebody's page. Its markup is taken from index.html
// and its code is the panel's own, so that it looks and reads as on the page itself. Nothing on it changes anything.

import "./theme.js";
import { Clock } from "./age.js";
import { API } from "./api.js";
import { configured, once, preferred } from "./config.js";
import { age } from "./format.js";
import { Frame } from "./frame.js";
import { learnCores } from "./measures.js";
import { Alerts } from "./panel/alerts.js";
import { entries } from "./panel/chartentries.js";
import { Charts } from "./panel/charts.js";
import { Containers } from "./panel/containers.js";
import { Disks } from "./panel/disks.js";
import { attribute, make, one, reveal, symbol, write } from "./panel/dom.js";
import { Filesystems } from "./panel/filesystems.js";
import { Batteries, GPUs, Sensors, Users } from "./panel/hardware.js";
import { Networks } from "./panel/networks.js";
import { Processes } from "./panel/processes.js";
import { showScopes } from "./panel/scopes.js";
import { Sockets } from "./panel/sockets.js";
import { Sources } from "./panel/sources.js";
import { called } from "./panel/switch.js";
import { Tiles } from "./panel/tiles.js";
import { Units } from "./panel/units.js";
import { Verdict } from "./panel/verdict.js";
import { Past, reach } from "./past.js";
import { drawn, row } from "./series.js";
import { holding, Slots } from "./slots.js";
import { Store } from "./store.js";
import { Archive } from "./time/archive.js";
import { History } from "./time/history.js";
import { spanOf, spans, Window } from "./time/window.js";
import { Viewer } from "./viewer.js";
import { fill, follow, say } from "./words/words.js";
import { learnServer } from "./zone.js";

/** @typedef {import("./message.js").Message} Message */
/** @typedef {import("./transport/transport.js").Technique} Technique */
/**
 * One panel.
 * @typedef {object} Shown
 * @property {string} title the key of its words
 * @property {(message: Message, interval: number) => void} show
 * @property {() => void} [draw] the pictures, anew
 * @property {number} [pace] milliseconds between two draws
 * @property {() => void} [restyle] the colours are others
 */

/** Samples kept: a quarter of an hour at the fastest interval. */
const capacity = 9000;
/** Milliseconds between two draws of sparklines, and two questions how alerts stand. */
const sparkPace = 1900;
const alertPace = 30_000;
/** Where age becomes late and where stale, in intervals. */
const late = 2;
const stale = 5;

const page = document.documentElement.dataset;
const query = new URLSearchParams(location.search);
// A cookie does not come along into a frame on another site's page, so a link's token is kept here and shown each time.
const token = /^#s=([\w.-]+)$/.exec(location.hash)?.[1];
/** @type {Record<string, string>} */
const headers = token ? { Authorization: `Bearer ${token}` } : {};
/** EventSource and WebSocket can send no header. @type {Technique[]} */
const headless = ["sse", "websocket"];

const base = new URL("../api/v1/", location.href);
const api = new API(base, headers);
const frame = new Frame();
const clock = new Clock();
const main = one("#main");
const foot = one("#foot");

/** Its panels by their names, which are what is behind embed/. @type {Record<string, () => Shown>} */
const panels = {
  verdict() {
    take("#verdict", "#verdict-announcer");
    const verdict = new Verdict();
    return { title: "host.verdict", show: ({ data, at }) => verdict.show(data, at) };
  },
  tiles() {
    take("#tiles");
    const store = new Store(capacity, drawn);
    const tiles = new Tiles(() => store, frame);
    const past = new Past(api, store, () => frame.draw(tiles.draw));
    frame.every(60_000, () => store.drop(store.newest - reach, drawn));
    return {
      title: "host.now", draw: tiles.draw, pace: sparkPace, restyle: () => tiles.restyle(),
      show({ data, at, gap }, interval) {
        if (store.length === 0 || gap) void past.begin(at, interval, data);
        store.append(at, interval, row(data));
        tiles.show(data);
      },
    };
  },
  alerts() {
    take("#alerts", "#alerts-announcer");
    one("#alerts details").setAttribute("open", "");
    const alerts = new Alerts(api, () => {}, () => false);
    let asked = -Infinity;
    return {
      title: "alerts.title",
      show({ data, at }) {
        const now = performance.now();
        if (now - asked < alertPace && !data.marks?.some((/** @type {{kind: string}} */ mark) => mark.kind === "alert")) return;
        asked = now;
        void alerts.refresh(at);
      },
    };
  },
  processes() {
    take("#processes-panel");
    const processes = new Processes(api, () => {}, () => {});
    return { title: "host.processes", show: ({ data }) => processes.show(data) };
  },
  ...Object.fromEntries(entries.map((entry) => [entry.id, () => chart(entry)])),
  disks: table("disks", Disks),
  filesystems: table("filesystems", Filesystems),
  networks: table("networks", Networks),
  sockets: table("sockets", Sockets),
  containers: table("containers", Containers),
  units: table("units", Units),
  sensors: table("sensors", Sensors),
  gpus: table("gpus", GPUs),
  batteries: table("batteries", Batteries),
  users: table("users", Users),
};

/** @type {Document} index.html */
let whole;

/** Moves parts of the page here. @param {...string} selectors */
function take(...selectors) {
  for (const selector of selectors) main.append(document.adoptNode(one(selector, whole)));
}

/**
 * A panel that only shows each snapshot.
 * @param {string} id of its markup
 * @param {new () => {show: (s: any, at: number) => void}} Panel
 * @returns {() => Shown}
 */
function table(id, Panel) {
  return () => {
    take(`#${id}`);
    const panel = new Panel();
    return { title: `host.${id}`, show: ({ data, at }) => panel.show(data, at) };
  };
}

/** @param {import("./panel/chartentries.js").Entry} entry @returns {Shown} */
function chart(entry) {
  const grid = make("div");
  grid.id = "charts-grid";
  const time = make("p", "hidden");
  time.dataset.field = "time";
  main.append(grid, time);
  const store = new Store(capacity, drawn);
  const history = new History(api);
  const window = new Window();
  window.restore({ span: spanOf(query.get("range") ?? "") || spans["5m"], end: NaN, moment: NaN });
  /** @type {Charts} */
  let charts;
  const archive = new Archive((...question) => history.ask(...question), store, () => charts.series, () => frame.draw(charts.draw));
  charts = new Charts(store, window, archive, frame, [entry]);
  const past = new Past(api, store, () => frame.draw(charts.draw));
  frame.every(60_000, () => store.drop(store.newest - reach, [...drawn, ...charts.series]));
  return {
    title: entry.title, draw: charts.draw, get pace() { return charts.pace; }, restyle: () => charts.restyle(),
    show({ data, at, gap }, interval) {
      if (store.length === 0 || gap) void past.begin(at, interval, data);
      store.append(at, interval, row(data));
      archive.append(at, interval, row(data));
      charts.show(data);
      charts.describe();
    },
  };
}

/** The page itself, read and not run. @returns {Promise<Document>} */
function read() {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.responseType = "document";
    request.onload = () => (request.status === 200 && request.responseXML ? resolve(request.responseXML) : reject(new Error(String(request.status))));
    request.onerror = () => reject(new Error("index.html"));
    request.open("GET", new URL("../index.html", location.href));
    request.send();
  });
}

/** @param {string} text "" for none */
function note(text) {
  write(one("#note"), text);
  reveal(one("#note"), text !== "");
}

/** What of the address means nothing here. */
function ignored() {
  /** @type {Record<string, readonly string[]>} */
  const known = { range: Object.keys(spans), theme: ["auto", "dark", "light"], background: ["transparent", "panel"], technique: once.technique, compress: once.compress };
  return [...query].filter(([name, value]) => !known[name]?.includes(value)).map(([name]) => name);
}

/**
 * The page around may ask how high this is: it is told then, and again when that changes. It is told nothing else.
 * @param {HTMLElement} box
 */
function tellHeight(box) {
  let origin = "";
  const tell = () => origin && parent.postMessage({ fivewire: "height", height: box.getBoundingClientRect().height }, origin);
  addEventListener("message", (event) => {
    // Who may have this in a frame at all is in its Content-Security-Policy.
    if (event.source !== parent || parent === window || event.data?.fivewire !== "hello" || event.origin === "null") return;
    origin = event.origin;
    tell();
  });
  new ResizeObserver(tell).observe(box);
}

async function start() {
  page.background = query.get("background") ?? "panel";
  tellHeight(one("#box"));
  whole = await read();
  document.body.prepend(document.adoptNode(one("svg.symbols", whole)));
  for (const template of whole.querySelectorAll("template")) document.body.append(document.adoptNode(template));
  const name = decodeURIComponent(location.pathname.split("/").at(-1) ?? "");
  const panel = panels[name]();
  fill(document);
  document.title = `${say(panel.title)} · ${document.title}`;

  api.denied = () => note(say("host.embed_denied"));
  const config = await configured(api, () => {});
  const bad = ignored();
  const usual = bad.length > 0 ? say("host.address_ignored", { keys: bad.join(say("host.comma")) }) : "";
  note(usual);
  learnServer(config.zone);
  if (config.now) clock.observe(config.now, performance.now());
  live(panel, config, usual);
}

/** @param {Shown} panel @param {import("./config.js").Config} config @param {string} usual what is noted when nothing else is */
function live(panel, config, usual) {
  let { interval } = config;
  let technique = preferred(token ? config.techniques.filter((one) => !headless.includes(one)) : config.techniques);
  if (token && !query.get("technique") && config.techniques.includes("streaming")) technique = "streaming";
  const slots = new Slots();
  const sources = new Sources();
  const glyph = make("span");
  const figure = make("span");
  attribute(figure, "data-testid", "age");
  foot.append(glyph, figure);
  /** @type {Message | null} */
  let latest = null;
  let drew = -Infinity;
  /** whether the server has no place left for who holds a connection */
  let full = false;

  const viewer = new Viewer({ base, technique, interval: () => interval, headers });
  /** @param {Technique} chosen */
  const use = (chosen) => {
    viewer.switchTo(chosen);
    page.technique = chosen;
    glyph.replaceChildren(symbol(`glyph-${chosen}`));
    title();
  };
  const title = () => attribute(foot, "title", say("host.embed_by", { technique: called(viewer.technique), state: say(`host.state_${full ? "full" : viewer.state}`) }));
  /** @param {boolean} is */
  const turn = (is) => {
    if (is !== full) note(is ? say("host.state_full") : usual);
    full = is;
    title();
  };
  const lookForRoom = async () => {
    const answer = await api.config().catch(() => ({ full: false }));
    if (viewer.state === "waiting") turn(answer.full);
  };
  /** Another process answers: it may read at other times. */
  const anew = async () => {
    ({ interval } = await configured(api, () => {}));
  };
  // Other panels and tabs hold all the connections that there are: this one takes a way that needs none.
  const giveWay = () => use(!token && config.techniques.includes("websocket") ? "websocket" : "polling");

  viewer.listen({
    onExchange: () => {},
    onState(_, state) {
      page.state = state;
      if (state === "paused" || !holding.has(viewer.technique)) slots.give("page");
      else if (!slots.take("page", giveWay)) giveWay();
      if (state === "waiting") { // EventSource and WebSocket do not tell why
        void api.login().then(({ role }) => role === "anybody" && api.denied(), () => {});
        void lookForRoom();
      }
      if (state === "open") turn(false);
      title();
    },
    onMessage(message) {
      const { at, data } = message;
      if (latest && (latest.epoch !== message.epoch || at < latest.at)) clock.reset();
      if (latest && latest.epoch !== message.epoch) void anew();
      clock.observe(at, message.received);
      latest = message;
      learnCores(data.cpu?.cores?.length);
      page.phase = "live";
      page.messages = String(viewer.counts.messages);
      page.missed = String(viewer.counts.missed);
      panel.show(message, interval);
      /** @type {import("./panel/sources.js").Source[]} */
      const unwell = data.sources ?? [];
      sources.show(unwell.filter((source) => !source.missing && main.querySelector(`[data-source~="${CSS.escape(source.name)}"]`)));
      showScopes(data);
      const now = performance.now();
      if (!panel.draw || now - drew < (panel.pace ?? 0)) return;
      drew = now;
      frame.draw(panel.draw);
    },
  });
  use(technique);
  if (holding.has(technique) && !slots.take("page", giveWay)) giveWay();
  viewer.start();

  frame.every(200, (now) => {
    if (!latest) return;
    const seconds = (clock.server(now) - latest.at) / 1000;
    const old = (1000 * seconds) / interval;
    write(figure, say("host.embed_age", { age: age(seconds) }));
    attribute(foot, "data-freshness", old >= stale ? "stale" : old >= late ? "late" : "live");
  });
  const restyle = () => {
    panel.restyle?.();
    if (panel.draw) frame.draw(panel.draw);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);
  follow(() => {
    title();
    restyle();
    if (latest) panel.show(latest, interval);
  });
}

void start();
