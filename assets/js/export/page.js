// @ts-check
// What is in view as a file of its own that opens with no network and no server: charts drawn as vectors, tables, and a
// little script that tells the values under the pointer. Nothing in it is fetched, and its own policy forbids to. Pure.

import { offline } from "./offline.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Chart} Chart */
/** @typedef {import("./view.js").Mark} Mark */

const width = 1000;
const height = 180;
/** Shades of a strip of cores: the more, the longer the file. */
const shades = 16;

/** Nothing that a host calls itself becomes markup. @param {string} text */
function escaped(text) {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/**
 * @param {View} view
 * @param {{title: string, lang: string, lines: string[], told: string, happened: string, mark: (mark: Mark) => string, name: (at: number) => string, format: (chart: Chart, v: number) => string, upTo: (mean: string, most: string) => string, stacked: (chart: Chart) => boolean, mirrored: (chart: Chart) => boolean, scale: string[], top: (chart: Chart, most: number) => number}} how
 * @param {Record<string, string>} colours of the page it is taken from
 * @returns {string} HTML
 */
export function page(view, how, colours) {
  const charts = view.charts.filter(({ at }) => at.length > 0);
  const data = { charts: charts.map((chart) => ({ from: view.from, to: view.to, at: chart.at, times: chart.at.map(how.name), series: chart.series.map((series) => chart.at.map((_, row) => told(chart, series, row, how))) })) };
  const script = `(${offline})()`;
  return `<!doctype html>
<html lang="${escaped(how.lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<title>${escaped(how.title)}</title>
<style>
:root{color-scheme:${escaped(colours.scheme)};background:${escaped(colours.page)};color:${escaped(colours.ink)};font:14px/1.4 system-ui,sans-serif;font-variant-numeric:tabular-nums}
body{margin:0 auto;padding:16px;max-width:1200px}h1{font-size:20px}h2{font-size:15px;margin:20px 0 4px}p{margin:4px 0}.dim{color:${escaped(colours.dim)}}
.tiles{display:flex;flex-wrap:wrap;gap:8px 24px;margin:12px 0}.tiles b{display:block;font-size:20px;font-weight:400}
figure{margin:0;position:relative}svg{display:block;width:100%;height:180px;background:${escaped(colours.panel)}}.cross{position:absolute;top:0;height:180px;width:1px;background:${escaped(colours.ink)};pointer-events:none}
ul{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:4px 0;padding:0}.marks{display:block}li i{display:inline-block;width:10px;height:10px;margin-right:4px}
.top{position:absolute;top:2px;left:4px}.ends{display:flex;justify-content:space-between}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:start;padding:2px 8px;border-bottom:1px solid ${escaped(colours.line)};white-space:nowrap;max-width:40em;overflow:hidden;text-overflow:ellipsis}
</style>
</head>
<body>
<h1>${escaped(how.title)}</h1>
${how.lines.map((line) => `<p class="dim">${escaped(line)}</p>`).join("\n")}
<p class="dim">${escaped(how.told)}</p>
<p>${escaped(view.verdict)}</p>
<div class="tiles">${view.tiles.map(({ title, figures }) => `<div><span class="dim">${escaped(title)}</span><b>${escaped(figures)}</b></div>`).join("")}</div>
${charts.map((chart, i) => (chart.id === "cores" ? strip(chart, view, how, i) : figure(chart, view, how, colours, i))).join("\n")}
${happened(view, how)}
${view.tables.map(({ title, note, head, rows }) => `<h2>${escaped(title)}</h2><p class="dim">${escaped(note)}</p><div class="scroll"><table><thead><tr>${head.map((h) => `<th>${escaped(h)}</th>`).join("")}</tr></thead><tbody>
${rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join("")}</tr>`).join("\n")}</tbody></table></div>`).join("\n")}
<script type="application/json" id="data">${JSON.stringify(data).replaceAll("<", "\\u003c")}</script>
<script>${script}</script>
</body>
</html>
`;
}

/** @param {Chart} chart @param {View} view @param {Parameters<typeof page>[1]} how @param {Record<string, string>} colours @param {number} i */
function figure(chart, view, how, colours, i) {
  const stacked = how.stacked(chart);
  const mirrored = how.mirrored(chart);
  const floor = new Array(chart.at.length).fill(0);
  let most = 0;
  /** @type {{ink: string, sign: number, low: number[], high: (number | null)[]}[]} */
  const shapes = chart.series.map(({ ink, avg }, k) => {
    const low = stacked ? [...floor] : floor;
    const high = avg.map((v, n) => (v === null ? null : (stacked ? floor[n] : 0) + v));
    if (stacked) high.forEach((v, n) => { if (v !== null) floor[n] = v; });
    for (const v of high) if (v !== null && v > most) most = v;
    return { ink, sign: mirrored && k > 0 ? -1 : 1, low, high };
  });
  // Where a point stands for many readings: from the least to the greatest, and of a stack from the mean of the whole.
  const peaks = stacked ? (chart.whole ? [{ ...chart.whole, min: chart.whole.avg, sign: 1, shade: 0.22 }] : []) : chart.series.map((series, k) => ({ ...series, sign: mirrored && k > 0 ? -1 : 1, shade: 0.34 }));
  for (const { max } of peaks) for (const v of max) if (v !== null && v > most) most = v;
  const top = how.top(chart, most);
  const zero = mirrored ? height / 2 : height;
  const x = (/** @type {number} */ at) => (((at - view.from) / (view.to - view.from)) * width).toFixed(1);
  const y = (/** @type {number} */ v) => (zero - (v / top) * (mirrored ? height / 2 : height)).toFixed(1);
  const line = (/** @type {number} */ a, /** @type {number} */ b, /** @type {(n: number) => number} */ v) => chart.at.slice(a, b).map((at, n) => `${x(at)},${y(v(a + n))}`);
  const bands = peaks.flatMap(({ ink, sign, shade, avg, min, max }) => runs(avg).filter(([a, b]) => max.slice(a, b).some((v, n) => v !== null && v !== min[a + n])).map(([a, b]) => {
    const upper = line(a, b, (n) => sign * Number(max[n] ?? avg[n]));
    const lower = line(a, b, (n) => sign * Number(min[n] ?? avg[n])).reverse();
    return `<polygon class="band" points="${[...upper, ...lower].join(" ")}" fill="${escaped(colours[ink] ?? colours.ink)}" fill-opacity="${shade}"/>`;
  }));
  const paths = shapes.flatMap(({ ink, sign, low, high }) => runs(high).map(([a, b]) => {
    const upper = line(a, b, (n) => sign * Number(high[n]));
    const lower = line(a, b, (n) => sign * low[n]).reverse();
    const colour = escaped(colours[ink] ?? colours.ink);
    return `<polygon points="${[...upper, ...lower].join(" ")}" fill="${colour}" fill-opacity="${stacked ? 0.6 : 0.15}"/><polyline points="${upper.join(" ")}" fill="none" stroke="${colour}" vector-effect="non-scaling-stroke"/>`;
  }));
  const { row, when } = standing(chart, view, how);
  const legend = when + chart.series.map((series) => `<li><i style="background:${escaped(colours[series.ink] ?? colours.ink)}"></i>${escaped(series.title)} <b>${escaped(told(chart, series, row, how))}</b></li>`).join("");
  const marks = view.marks.map((mark) => `<path d="M${x(mark.at)} 0v${height}" stroke="${escaped(colours.dim)}" stroke-dasharray="3 3" vector-effect="non-scaling-stroke"><title>${escaped(how.mark(mark))}</title></path>`);
  return `<h2>${escaped(chart.title)}</h2><figure data-chart="${i}"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${escaped(chart.title)}">${bands.join("")}${paths.join("")}${marks.join("")}</svg><span class="top dim">${escaped(how.format(chart, top))}</span><ul>${legend}</ul></figure><p class="ends dim"><span>${escaped(how.name(view.from))}</span><span>${escaped(how.name(view.to))}</span></p>`;
}

/** Single cores: a row each, the busier the further along the scale. @param {Chart} chart @param {View} view @param {Parameters<typeof page>[1]} how @param {number} i */
function strip(chart, view, how, i) {
  const { at, series } = chart;
  const x = (/** @type {number} */ at) => Math.round((Math.max(0, at - view.from) / (view.to - view.from)) * width);
  const paths = new Array(shades).fill("");
  series.forEach(({ avg }, core) => {
    const shade = (/** @type {number} */ n) => (avg[n] === null ? -1 : Math.round(Math.min(1, Number(avg[n])) * (shades - 1)));
    for (let a = 0, b; a < at.length - 1; a = b) {
      for (b = a + 1; b < at.length - 1 && shade(b) === shade(a); b++);
      if (shade(a) >= 0) paths[shade(a)] += `M${x(at[a])} ${core}h${x(at[b]) - x(at[a])}v1H${x(at[a])}z`;
    }
  });
  const stops = how.scale.map(escaped);
  const rows = paths.map((path, shade) => {
    const place = (shade / (shades - 1)) * (stops.length - 1);
    const k = Math.min(stops.length - 2, Math.floor(place));
    return path && `<path d="${path}" fill="color-mix(in srgb, ${stops[k + 1]} ${Math.round(100 * (place - k))}%, ${stops[k]})"/>`;
  });
  const { row, when } = standing(chart, view, how);
  const legend = when + series.map((core) => `<li>${escaped(core.title)} <b>${escaped(told(chart, core, row, how))}</b></li>`).join("");
  return `<h2>${escaped(chart.title)}</h2><figure data-chart="${i}"><svg viewBox="0 0 ${width} ${Math.max(1, series.length)}" preserveAspectRatio="none" role="img" aria-label="${escaped(chart.title)}" shape-rendering="crispEdges">${rows.join("")}</svg><ul>${legend}</ul></figure><p class="ends dim"><span>${escaped(how.name(view.from))}</span><span>${escaped(how.name(view.to))}</span></p>`;
}

/** The stretches without a gap, as [from, to). @param {(number | null)[]} values @returns {[number, number][]} */
function runs(values) {
  /** @type {[number, number][]} */
  const out = [];
  for (let a = 0, b = 0; b < values.length; a = b + 1) {
    for (b = a; b < values.length && values[b] !== null; b++);
    if (b > a) out.push([a, b]);
  }
  return out;
}

/** Of when a legend is while nothing points: the moment picked, or the last reading. @param {Chart} chart @param {View} view @param {Parameters<typeof page>[1]} how */
function standing(chart, view, how) {
  const row = Number.isNaN(view.moment) ? chart.at.length - 1 : Math.max(0, chart.at.findLastIndex((at) => at <= view.moment));
  return { row, when: `<li class="dim"><time>${escaped(how.name(chart.at[row]))}</time></li>` };
}

/** What a row stands for: the mean, and how far up it went. @param {Chart} chart @param {import("./view.js").Series} series @param {number} row @param {Parameters<typeof page>[1]} how */
function told(chart, { avg, max }, row, how) {
  const [mean, most] = [avg[row], max[row] ?? avg[row]].map((v) => (v === null ? "" : how.format(chart, v)));
  return mean === most ? mean : how.upTo(mean, most);
}

/** What happened in the time shown. @param {View} view @param {Parameters<typeof page>[1]} how */
function happened({ marks }, how) {
  return marks.length === 0 ? "" : `<h2>${escaped(how.happened)}</h2><ul class="marks">${marks.map((mark) => `<li>${escaped(how.mark(mark))}</li>`).join("")}</ul>`;
}
