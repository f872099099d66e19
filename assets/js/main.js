// @ts-check
// The composition root: the only file that knows everybody. It carries messages from the viewer to the store and the
// panels, and choices from the panels to the viewer; it decides nothing else.

// First of all: what stands behind the address leaves it, and the page has its colours.
import "./login.js";
import "./theme.js";
import { Ages, Clock, Recent } from "./age.js";
import { API, Refused } from "./api.js";
import { configured, preferred } from "./config.js";
import { Exchanges } from "./exchanges.js";
import { Frame } from "./frame.js";
import { Access } from "./panel/access.js";
import { Alerts } from "./panel/alerts.js";
import { learnCores } from "./measures.js";
import { Address } from "./panel/address.js";
import { Arrange } from "./panel/arrange.js";
import { ChartMenus } from "./panel/chartmenu.js";
import { Charts } from "./panel/charts.js";
import { one, reveal, write } from "./panel/dom.js";
import { watchEdges } from "./panel/edges.js";
import { Containers } from "./panel/containers.js";
import { Differ } from "./panel/differ.js";
import { Disks } from "./panel/disks.js";
import { Facts } from "./panel/facts.js";
import { Filesystems } from "./panel/filesystems.js";
import { Batteries, GPUs, Sensors, Users } from "./panel/hardware.js";
import { Followed } from "./panel/followed.js";
import { Header } from "./panel/header.js";
import { Help } from "./panel/help.js";
import { listen } from "./panel/keys.js";
import { Language } from "./panel/language.js";
import { Lesson } from "./panel/lesson.js";
import { Meter } from "./panel/meter.js";
import { Missing } from "./panel/missing.js";
import { Networks } from "./panel/networks.js";
import { paper } from "./panel/paper.js";
import { Processes } from "./panel/processes.js";
import { showScopes } from "./panel/scopes.js";
import { Sockets } from "./panel/sockets.js";
import { Sources } from "./panel/sources.js";
import { state } from "./panel/state.js";
import { Status } from "./panel/status.js";
import { called, Switch } from "./panel/switch.js";
import { Taking } from "./panel/taking.js";
import { Theme } from "./panel/theme.js";
import { ThenBar } from "./panel/then.js";
import { TimeBar } from "./panel/timebar.js";
import { inShort, Tiles } from "./panel/tiles.js";
import { Units } from "./panel/units.js";
import { Verdict } from "./panel/verdict.js";
import { Views } from "./panel/views.js";
import { Wire } from "./panel/wire.js";
import { outdated } from "./outdated.js";
import { Past, reach } from "./past.js";
import { recall, remember } from "./remember.js";
import { drawn, row } from "./series.js";
import { allowed, holding, Slots } from "./slots.js";
import { Store } from "./store.js";
import { Archive } from "./time/archive.js";
import { History } from "./time/history.js";
import { Marks } from "./time/marks.js";
import { spans, Window } from "./time/window.js";
import { lasting, techniques } from "./transport/transport.js";
import { Viewer } from "./viewer.js";
import { follow, load, say } from "./words/words.js";
import { learnServer } from "./zone.js";

/** @typedef {import("./transport/transport.js").Technique} Technique */
/** @typedef {import("./transport/transport.js").Exchange} Exchange */
/** @typedef {import("./message.js").Message} Message */

/** Samples kept: a quarter of an hour at the fastest interval. */
const capacity = 9000;
/** Milliseconds between two draws of the sparklines: five minutes are some 150 pixels wide, a pixel takes two seconds. */
const sparkPace = 2000;
/** Milliseconds after a second's beginning when it is told once more how old the reading on screen is. */
const between = 600;
/** Milliseconds that the first tables wait for the charts to have what was. */
const patience = 500;
/** What "per second" is averaged over, in milliseconds. */
const recently = 10_000;

const page = document.documentElement.dataset;
const base = new URL("api/v1/", document.baseURI);

const api = new API(base);
const access = new Access(api); // the first to be made: everything waits for its answer
const frame = new Frame();
const clock = new Clock();
const store = new Store(capacity, drawn);
const exchanges = new Exchanges(techniques.map((technique) => lasting.has(technique)));
const ages = techniques.map(() => new Ages());
const received = new Recent(recently);

const theme = new Theme(() => {
  frame.draw(restyle);
  address?.changed();
});
const language = new Language();
const header = new Header();
const status = new Status();
const chooser = new Switch((technique) => use(technique));
const wire = new Wire(exchanges, techniques, frame, () => askWire());
const meter = new Meter();
const tiles = new Tiles(store, frame);
const history = new History(api);
const window = new Window();
const archive = new Archive((...question) => history.ask(...question), store, () => charts.series, () => frame.draw(charts.draw));
const charts = new Charts(store, window, archive, frame);
const timeBar = new TimeBar(window, charts, () => {
  remeasure();
  address?.changed();
});
const thenBar = new ThenBar(window, api, history, () => latest?.data, (then) => turnTo(then));
const followed = new Followed(api, frame, () => address?.changed());
const processes = new Processes(api, () => address?.changed(), (p) => followed.follow(String(p.pid), p));
const marks = new Marks(api, (list) => charts.mark(list));
/** What only shows each snapshot. */
const panels = [
  new Disks(), new Filesystems(), new Networks(), new Sockets(), new Containers(), new Units(), new Sensors(), new GPUs(),
  new Batteries(), new Users(),
];
const chartFacts = new Facts();
const differ = new Differ(() => load("differ"));
const taking = new Taking(charts, window, () => ({ snapshot: past ? past.snapshot : latest?.data, taken: latest?.at ?? NaN, told: past?.at ?? latest?.at ?? NaN }));
new ChartMenus(charts, taking, window);
const arrange = new Arrange(() => address?.changed());
const sources = new Sources();
const missing = new Missing();
const verdict = new Verdict();
const alerts = new Alerts(api, (n) => header.alerts(n));
const help = new Help();
api.denied = () => void access.check();
const filler = new Past(api, store, () => {
  frame.draw(charts.draw);
  frame.draw(tiles.draw);
});

const slots = new Slots();
const views = new Views((view) => void look(view));
const lesson = new Lesson(() => address?.changed(), () => views.open("lab"));

/** @type {Viewer | null} */
let viewer = null;
/** @type {import("./config.js").Config | null} */
let config = null;
/** once it was looked at @type {import("./lab/lab.js").Lab | null} */
let lab = null;
/** @type {Message | null} */
let latest = null;
let interval = 1000;
/** the place of the technique that brought the last messages: while two hand over, not always the chosen one */
let carrier = 0;
/** the one that brought those before; none yet */
let carried = -1;
/** when this page connected again after it had been hidden, on performance.now()'s clock */
let resumed = NaN;
/** whether this server counts on its socket, until it says no */
let counting = true;
let asking = false;
/** the meter's last answer, until it is shown: with the next second, whose frame there is anyway @type {(() => void) | null} */
let answered = null;
/** the technique that the strip's text was last of @type {string | undefined} */
let described;
/** what is known of the host @type {any} */
let facts = null;
/** once everything that it tells is there @type {Address | undefined} */
let address;
/** the moment shown, while one is picked @type {import("./time/then.js").Then | null} */
let past = null;

const showFigures = frame.atMost(() => 200, () => {
  if (!latest) return;
  if (!past) verdict.show(latest.data, latest.at);
  if (!past) tiles.show(latest.data);
  thenBar.show();
  timeBar.wait(archive);
  marks.cover(window.from, latest.at);
  header.show(latest.data, interval, received.rate(performance.now()));
});
const showCounts = () => viewer && wire.count(viewer.counts);
const drawCharts = frame.atMost(() => charts.pace, charts.draw, frame.draw);
const describeSoon = frame.atMost(() => 1000, () => charts.describe());
const drawTiles = frame.atMost(() => sparkPace, tiles.draw, frame.draw);
const showTables = frame.atMost(() => 500, () => {
  if (!latest) return;
  processes.show(latest.data);
  followed.show(latest.data.processes?.top ?? [], latest.at);
  for (const panel of panels) panel.show(latest.data, latest.at);
  const charted = past ? (past.snapshot ?? { past: true }) : latest.data;
  chartFacts.show(charted);
  differ.show(charted, latest.data);
  /** @type {import("./panel/sources.js").Source[]} */
  const unwell = latest.data.sources ?? [];
  sources.show(unwell.filter((source) => !source.missing));
  missing.show(unwell.filter((source) => source.missing));
  showScopes(latest.data);
});

/** @param {Message} message */
function take(message) {
  const { at, data } = message;
  if (latest && (latest.epoch !== message.epoch || at < latest.at)) clock.reset();
  clock.observe(at, message.received);
  // The first message that a technique brings had been waiting for the switch, and what was made while the page was hidden
  // for that to end: their age says nothing about the technique.
  if (carrier === carried && !(at < clock.server(resumed))) ages[carrier].add(at, message.received);
  carried = carrier;
  const first = !latest;
  const filled = first || message.gap ? filler.begin(at, interval, data) : null;
  if (message.gap) marks.miss();
  const numbers = row(data);
  store.append(at, interval, numbers);
  archive.append(at, interval, numbers);
  marks.add(data.marks);
  learnCores(data.cpu?.cores?.length);

  latest = message;
  if (first) thenBar.again();
  page.phase = "live";
  if (first || message.gap || data.marks?.some((/** @type {{kind: string}} */ mark) => mark.kind === "alert")) alerts.refresh(at);
  if (page.stale === "true") judge(performance.now());
  page.lastId = message.id;
  tell();
  frame.align();
  charts.show(data);
  showFigures();
  drawCharts();
  drawTiles();
  // Tables take as long as all that is above them: the first ones come a frame behind the charts.
  if (first) void Promise.race([filled, new Promise((resolve) => setTimeout(resolve, patience))]).then(() => requestAnimationFrame(showTables));
  else showTables();
}

/** @param {import("./time/then.js").Then | null} then the moment that the page shows from now on; null: that of the newest reading */
function turnTo(then) {
  past = then;
  processes.then(then && { at: then.listed, list: then.processes ?? [] });
  alerts.then(then ? then.at : NaN);
  tiles.follow(then ? charts.shown : store, then ? then.at : NaN);
  if (then) {
    const told = { ...(then.snapshot ?? {}) };
    if (then.processes) told.processes = { ...told.processes, top: then.processes };
    tiles.show(told);
    verdict.then(inShort(told, then.processes));
  }
  frame.draw(tiles.draw);
  showFigures();
  showTables();
}

/** The state of the page stands in its address, and is taken from there. */
function mirror() {
  const usual = /** @type {keyof typeof spans} */ (Object.keys(spans).find((name) => name === recall("range")) ?? "5m");
  window.restore({ span: spans[usual], end: NaN, moment: NaN });
  address = new Address(state({ window, theme, timeBar, charts, arrange, processes, followed, lesson, remeasure }), (bad) => {
    const notice = one("#address-notice");
    write(notice, bad.length > 0 ? say("host.address_ignored", { keys: bad.join(say("host.comma")) }) : "");
    reveal(notice, bad.length > 0);
  });
  window.follow((chosen) => {
    if (chosen && window.live && window.range) remember("range", window.range);
    if (chosen) address?.changed(true);
    describeSoon();
  });
  page.kiosk = String(new URLSearchParams(location.search).get("kiosk") === "1");
}

/** Numbers are told in other measures, or times in another zone. */
function remeasure() {
  restyle();
  reword();
  if (past) turnTo(past);
}

/** @param {Technique} technique @param {Exchange} exchange */
function record(technique, exchange) {
  const place = techniques.indexOf(technique);
  exchanges.add(place, exchange);
  if (exchange.kind === "messages") {
    carrier = place;
    received.add(exchange.at, exchange.payload);
  }
  // Something came by the chosen technique: the one before has been let go.
  if ((exchange.kind === "messages" || exchange.kind === "empty") && technique === viewer?.technique) exchanges.only(place, exchange.at);
  wire.happened();
}

/** @param {Technique} technique @param {import("./panel/status.js").State} state */
function turn(technique, state) {
  if (page.state === "paused" && state !== "paused") resumed = performance.now();
  page.state = state;
  if (state === "waiting") { // EventSource and WebSocket do not tell a page why they were refused
    void access.check();
    void lookForRoom();
  }
  status.show(called(technique), state);
  if (state === "paused" || !holding.has(technique)) slots.give("page");
  else if (!slots.take("page", giveWay)) giveWay();
  if (state === "paused") exchanges.only(-1, performance.now());
  tell();
}

/** Is there no place left for who holds a connection? */
async function lookForRoom() {
  const { full } = await api.config().catch(() => ({ full: false }));
  if (full && viewer?.state === "waiting") status.show(called(viewer.technique), "full");
}

/** The counts, for the reader and for tests. */
function tell() {
  if (!viewer) return;
  const { counts } = viewer;
  page.messages = String(counts.messages);
  page.missed = String(counts.missed);
  page.duplicates = String(counts.duplicates);
  frame.mark(showCounts);
}

/** Other tabs hold all the connections that there are: this page takes a way that needs none. */
function giveWay() {
  const other = config?.techniques.find((technique) => technique === "websocket") ?? "polling";
  warn(viewer?.technique ?? other, other);
  use(other, false);
}

/** @param {Technique} wanted @param {Technique} used */
function warn(wanted, used) {
  const notice = one("#slots");
  write(notice, say("host.slots_full", { n: slots.others, allowed, wanted: called(wanted), used: called(used) }));
  reveal(notice, true);
}

/** @param {Technique} technique @param {boolean} [chosen] by the reader */
function use(technique, chosen = true) {
  if (holding.has(technique) && !slots.take("page", giveWay, chosen)) {
    chooser.show(viewer?.technique ?? "");
    if (viewer) warn(technique, viewer.technique);
    return;
  }
  chooser.show(technique);
  wire.use(technique);
  page.technique = technique;
  if (chosen) {
    remember("technique", technique);
    reveal(one("#slots"), false);
  }
  viewer?.switchTo(technique);
  lab?.follow(technique);
  frame.draw(restyle);
  if (chosen) askWire(); // else with the next second that is even
}

function restyle() {
  wire.restyle();
  tiles.restyle();
  charts.restyle();
  followed.restyle();
  lab?.restyle();
  frame.draw(tiles.draw);
  frame.draw(charts.draw);
}

paper(() => {
  restyle();
  charts.draw();
  tiles.draw();
});

/** What is for the wire lab alone is loaded when it is first looked at. @param {import("./panel/views.js").View} view */
async function look(view) {
  page.view = view;
  if (view === "host") return lab?.close();
  if (!viewer || !config) return; // start will
  const { Lab } = await import("./lab/lab.js").catch(outdated);
  lab ??= new Lab(one("#lab"), { api, frame, base, config, viewer, slots, lesson });
  if (views.current === "lab") lab.open();
}

async function askWire() {
  if (!viewer || asking || !wire.open || !counting || document.hidden) return;
  asking = true;
  const { technique, id } = viewer;
  try {
    const cost = await api.wire(id);
    const now = performance.now();
    answered = () => meter.show(technique, cost, now);
  } catch (error) {
    if (error instanceof Refused && error.status === 404) {
      counting = false;
      meter.show(technique, null, performance.now());
    } else meter.stale();
  }
  asking = false;
  if (technique !== viewer.technique) askWire();
}

/** How old is what is on screen? Figures that are stale must not look like those of now. @param {number} now */
function judge(now) {
  if (!latest) return;
  const stale = status.age((clock.server(now) - latest.at) / 1000, interval / 1000);
  if (stale === (page.stale === "true")) return;
  page.stale = String(stale);
  verdict.stale(stale ? latest.at : null);
}

/** What changes by itself, without a message. */
function clocks() {
  frame.every(1000, judge);
  frame.every(1000, judge, between);
  frame.every(1000, (now) => {
    answered?.();
    answered = null;
    if (!viewer) return;
    const place = techniques.indexOf(viewer.technique);
    const [median, p99] = ages[place].percentiles([0.5, 0.99], clock.offset);
    const requests = exchanges.requestRate(place, now, recently);
    meter.ages(median, p99, requests);
    showCounts();
    if (described !== viewer.technique && Number.isFinite(requests)) {
      described = viewer.technique;
      wire.describe(viewer.technique, viewer.counts, requests, median);
    }
    if (latest && clock.server(now) - latest.at > 2 * interval) {
      charts.wait(clock.server(now));
      frame.draw(charts.draw);
    }
  });
  frame.every(2000, () => void askWire());
  frame.every(30_000, () => latest && void alerts.refresh(latest.at)); // values, and silences that end
  frame.every(60_000, () => store.drop(store.newest - reach, [...drawn, ...charts.series])); // devices that are gone
  frame.every(10_000, () => {
    charts.describe();
    described = undefined; // and the strip with the next second
  });
}

function keys() {
  const numbers = techniques.map((technique, i) => ({
    key: String(i + 1),
    does: `help.key_${technique}`,
    press: () => use(technique),
  }));
  const others = [
    { key: "l", does: "help.key_lab", press: () => views.next() },
    { key: "g", does: "help.key_lessons", press: () => lesson.seek() },
    { key: "w", does: "help.key_wire", press: () => wire.toggle() },
    { key: "p", does: "help.key_live", press: () => timeBar.toggle() },
    { key: "[", does: "help.key_shorter", press: () => timeBar.next(-1) },
    { key: "]", does: "help.key_longer", press: () => timeBar.next(1) },
    { key: ",", does: "help.key_earlier", press: () => thenBar.step(-1) },
    { key: ".", does: "help.key_later", press: () => thenBar.step(1) },
    { key: "t", does: "help.key_theme", press: () => theme.next() },
    { key: "i", does: "help.key_language", press: () => language.next() },
    { key: "?", does: "help.key_help", press: () => help.open() },
  ];
  listen([...numbers, ...others]);
  help.list([...numbers, ...others]);
}

async function start() {
  await access.enter();
  config = await configured(api, () => turn("sse", navigator.onLine ? "waiting" : "offline"));
  interval = config.interval;
  if (config.history) {
    const series = api.series();
    series.catch(() => {}); // who wants it asks again
    filler.prepare(series);
    history.prepare(series);
  } else {
    filler.none();
    archive.none();
  }
  learnServer(config.zone);
  timeBar.refresh();
  if (config.now) clock.observe(config.now, performance.now());
  write(one("#version"), config.version);
  chooser.offer(config.techniques);

  const technique = preferred(config.techniques);
  viewer = new Viewer({ base, technique, interval });
  viewer.listen({ onMessage: take, onExchange: record, onState: turn });
  one("#wire-link").setAttribute("href", `api/v1/wire?viewer=${viewer.id}`);
  turn(technique, "connecting");
  use(technique, false);
  remember("technique", technique);
  viewer.start();
  introduce();
  look(views.current);
}

/** Which host this is; right after its start the server may not know yet. */
async function introduce() {
  try {
    facts = await api.host();
    header.host(facts);
  } catch {
    setTimeout(introduce, 2000);
  }
}

/** Say everything anew that was put together from words. */
function reword() {
  if (viewer) turn(viewer.technique, viewer.state);
  if (facts) header.host(facts);
  restyle();
  charts.describe();
  described = undefined;
  if (!latest) return;
  verdict.reword();
  alerts.reword();
  arrange.reword();
  processes.reword();
  showFigures();
  showTables();
}

keys();
mirror();
taking.listen(() => address?.full ?? location.href);
watchEdges();
clocks();
start();
follow(reword);
