// @ts-check
// The composition root: the only file that knows everybody. It carries messages from the viewer to the store and the
// panels, and choices from the panels to the viewer; it decides nothing else.

// First of all: what stands behind the address leaves it, and the page has its colours.
import "./login.js";
import "./theme.js";
import { Clock } from "./age.js";
import { API } from "./api.js";
import { asked, configured, preferred } from "./config.js";
import { Exchanges } from "./exchanges.js";
import { Frame } from "./frame.js";
import { Access } from "./panel/access.js";
import { Alerts } from "./panel/alerts.js";
import { learnCores } from "./measures.js";
import { Address } from "./panel/address.js";
import { Arrange } from "./panel/arrange.js";
import { ChartMenus } from "./panel/chartmenu.js";
import { Charts } from "./panel/charts.js";
import { one, write } from "./panel/dom.js";
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
import { Ignored } from "./panel/ignored.js";
import { listen } from "./panel/keys.js";
import { Language } from "./panel/language.js";
import { Lesson } from "./panel/lesson.js";
import { Meter } from "./panel/meter.js";
import { Missing } from "./panel/missing.js";
import { Networks } from "./panel/networks.js";
import { OwnViewer } from "./panel/ownviewer.js";
import { paper } from "./panel/paper.js";
import { Processes } from "./panel/processes.js";
import { showScopes } from "./panel/scopes.js";
import { Sockets } from "./panel/sockets.js";
import { Sources } from "./panel/sources.js";
import { state } from "./panel/state.js";
import { Status } from "./panel/status.js";
import { Switch } from "./panel/switch.js";
import { Taking } from "./panel/taking.js";
import { Theme } from "./panel/theme.js";
import { failure, ThenBar } from "./panel/then.js";
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
import { Slots } from "./slots.js";
import { Store } from "./store.js";
import { Archive } from "./time/archive.js";
import { History } from "./time/history.js";
import { Marks } from "./time/marks.js";
import { spans, Window } from "./time/window.js";
import { lasting, techniques } from "./transport/transport.js";
import { Viewer } from "./viewer.js";
import { follow, load, say } from "./words/words.js";
import { learnServer } from "./zone.js";

/** @typedef {import("./message.js").Message} Message */

/** Samples kept: a quarter of an hour at the fastest interval. */
const capacity = 9000;
/** Milliseconds between two draws of the sparklines: five minutes are some 150 pixels wide, a pixel takes two seconds. */
const sparkPace = 2000;
/** Milliseconds after a second's beginning when it is told once more how old the reading on screen is. */
const between = 600;
/** Milliseconds that the first tables wait for the charts to have what was. */
const patience = 500;

const page = document.documentElement.dataset;
const base = new URL("api/v1/", document.baseURI);

const api = new API(base);
const access = new Access(api, () => address?.full ?? location.href); // the first to be made: everything waits for its answer
const frame = new Frame();
const clock = new Clock();
const store = new Store(capacity, drawn);
const exchanges = new Exchanges(techniques.map((technique) => lasting.has(technique)));

const theme = new Theme(() => {
  frame.draw(restyle);
  address?.changed();
});
const language = new Language();
const header = new Header();
const status = new Status();
const chooser = new Switch((technique) => own.use(technique));
const wire = new Wire(exchanges, techniques, frame, () => own.ask());
const meter = new Meter();
const tiles = new Tiles(() => store, frame);
const history = new History(api);
const window = new Window();
/** @type {Archive} */
const archive = new Archive((...question) => history.ask(...question), store, () => charts.series, redraw);
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
const alerts = new Alerts(api, (n) => header.alerts(n), () => access.operates);
const help = new Help();
api.denied = () => void access.check();
const filler = new Past(api, store, redraw);

const slots = new Slots();
const views = new Views((view) => void look(view));
const lesson = new Lesson(() => address?.changed(), () => views.open("lab"));

const own = new OwnViewer({ api, access, frame, clock, slots, chooser, status, wire, meter, exchanges }, (technique) => {
  lab?.follow(technique);
  frame.draw(restyle);
});
/** @type {import("./config.js").Config | null} */
let config = null;
/** once it was looked at @type {import("./lab/lab.js").Lab | null} */
let lab = null;
/** @type {Message | null} */
let latest = null;
let interval = 1000;
/** what is known of the host @type {any} */
let facts = null;
/** once everything that it tells is there @type {Address | undefined} */
let address;
/** the moment shown, while one is picked @type {import("./time/then.js").Then | null} */
let past = null;

/** Whether the page is of now, and not of a moment that history may still be asked about. */
const isNow = () => !past && Number.isNaN(window.told);

const showFigures = frame.atMost(() => 200, () => {
  if (!latest) return;
  if (isNow()) verdict.show(latest.data, latest.at);
  if (isNow()) tiles.show(latest.data);
  thenBar.show();
  timeBar.wait(archive);
  marks.cover(window.from, latest.at);
  header.show(latest.data, interval, own.rate(performance.now()));
});
const drawCharts = frame.atMost(() => charts.pace, charts.draw, frame.draw);
const describeSoon = frame.atMost(() => 1000, () => charts.describe());
const drawTiles = frame.atMost(() => sparkPace, tiles.draw, frame.draw);
const showTables = frame.atMost(() => 500, () => {
  if (!latest) return;
  followed.show(latest.data.processes?.top ?? [], latest.at);
  for (const panel of panels) panel.show(latest.data, latest.at);
  if (past || isNow()) {
    processes.show(latest.data);
    const charted = past ? (past.snapshot ?? { past: true }) : latest.data;
    chartFacts.show(charted);
    differ.show(charted, latest.data);
  }
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
  if (latest && latest.epoch !== message.epoch) void anew();
  clock.observe(at, message.received);
  own.took(message);
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
  own.tell();
  frame.align();
  charts.show(data);
  showFigures();
  drawCharts();
  drawTiles();
  // Tables take as long as all that is above them: the first ones come a frame behind the charts.
  if (first) void Promise.race([filled, new Promise((resolve) => setTimeout(resolve, patience))]).then(() => requestAnimationFrame(showTables));
  else showTables();
}

/** @param {import("./transport/transport.js").Technique} technique @param {import("./viewer.js").ViewerState} state */
function turn(technique, state) {
  own.turn(technique, state);
  header.paused(state === "paused");
}

/** @param {import("./time/then.js").Then | null} then the moment that the page shows from now on; null: that of the newest reading */
function turnTo(then) {
  past = then;
  processes.then(then && { at: then.listed, list: then.processes ?? [], failure: failure(then) });
  alerts.then(then ? then.at : NaN);
  charts.without(then && !then.snapshot && !then.failed ? then.at : NaN);
  tiles.follow(() => (then ? charts.shown : store), then ? then.at : NaN);
  if (then) {
    const told = { ...(then.snapshot ?? {}) };
    if (then.processes) told.processes = { ...told.processes, top: then.processes };
    tiles.show(told);
    const nothing = !then.snapshot && !then.processes;
    verdict.then(inShort(told, then.processes) || failure(then) || (nothing ? say("host.then_nothing") : ""));
  }
  frame.draw(tiles.draw);
  showFigures();
  showTables();
}

/** The state of the page stands in its address, and is taken from there. */
function mirror() {
  const usual = /** @type {keyof typeof spans} */ (Object.keys(spans).find((name) => name === recall("range")) ?? "5m");
  window.restore({ span: spans[usual], end: NaN, moment: NaN });
  const entries = state({ window, theme, timeBar, charts, arrange, processes, followed, lesson, remeasure });
  const ignored = new Ignored();
  address = new Address(entries, (bad, query) => ignored.show(bad, query, entries.flatMap(({ keys }) => keys)));
  window.follow((chosen) => {
    if (chosen && window.live && window.range) remember("range", window.range);
    if (chosen) address?.changed(true);
    describeSoon();
  });
  page.kiosk = String(asked("kiosk") === "1");
}

/** Numbers are told in other measures, or times in another zone. */
function remeasure() {
  restyle();
  reword();
}

function restyle() {
  wire.restyle();
  tiles.restyle();
  charts.restyle();
  followed.restyle();
  lab?.restyle();
  redraw();
}

/** There is something else to draw. */
function redraw() {
  frame.draw(charts.draw);
  frame.draw(tiles.draw);
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
  if (!own.viewer || !config) return; // start will
  const { Lab } = await import("./lab/lab.js").catch(outdated);
  lab ??= new Lab(one("#lab"), { api, frame, base, config, viewer: own.viewer, slots, lesson });
  if (views.current === "lab") lab.open();
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
    own.show(now);
    if (latest && clock.server(now) - latest.at > 2 * interval) {
      charts.wait(clock.server(now));
      frame.draw(charts.draw);
    }
  });
  frame.every(2000, () => void own.ask());
  frame.every(30_000, () => latest && void alerts.refresh(latest.at)); // values, and silences that end
  frame.every(60_000, () => store.drop(store.newest - reach, [...drawn, ...charts.series])); // devices that are gone
  frame.every(10_000, () => {
    charts.describe();
    own.describe();
  });
}

function keys() {
  const numbers = techniques.map((technique, i) => ({
    key: String(i + 1),
    does: `help.key_${technique}`,
    press: () => own.use(technique),
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
  config = await configured(api, () => own.turn("sse", navigator.onLine ? "waiting" : "offline"));
  if (config.history) {
    const series = api.series();
    series.catch(() => {}); // who wants it asks again
    filler.prepare(series);
    history.prepare(series);
  } else {
    filler.none();
    archive.none();
  }
  if (config.now) clock.observe(config.now, performance.now());
  learn(config);

  const technique = preferred(config.techniques);
  const viewer = new Viewer({ base, technique, interval: () => interval });
  viewer.listen({ onMessage: take, onExchange: (...what) => own.record(...what), onState: turn });
  one("#wire-link").setAttribute("href", `api/v1/wire?viewer=${viewer.id}`);
  own.start(viewer, config.techniques);
  introduce();
  look(views.current);
}

/** @param {import("./config.js").Config} told by the process that answers */
function learn(told) {
  interval = told.interval;
  learnServer(told.zone);
  timeBar.refresh();
  write(one("#version"), told.version);
  chooser.offer(told.techniques);
}

/** Another process answers: it may read at other times than the one before, and be of another version, after another start of the host. */
async function anew() {
  const told = await configured(api, () => {});
  learn(Object.assign(config ?? told, told)); // the lab has the same object
  showFigures(); // how often it reads, before the next message, which may be a minute off
  own.anew();
  introduce();
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
  own.reword();
  if (facts) header.host(facts);
  restyle();
  charts.describe();
  if (!latest) return;
  verdict.reword();
  alerts.reword();
  arrange.reword();
  processes.reword();
  if (past) return turnTo(past); // it says those of then
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
