// @ts-check
// What this server offers, asked until it answers; what the address asks for once; and which of the techniques to begin with.

import { recall } from "./remember.js";
import { techniques } from "./transport/transport.js";

/** @typedef {import("./transport/transport.js").Technique} Technique */
/** @typedef {{version: string, interval: number, techniques: Technique[], history: boolean, shut: "" | "lab.off" | "lab.no_guest", now: number | null, zone?: {name?: string, offset_s?: number}}} Config */

/** What an address may say that is read when the page opens, and not mirrored there. @type {Readonly<Record<"technique" | "compress" | "kiosk", readonly string[]>>} */
export const once = { technique: techniques, compress: ["auto", "off"], kiosk: ["0", "1"] };

/** What it says of one of these; "" where that is nothing, or means nothing. @param {keyof typeof once} name */
export function asked(name) {
  const value = new URLSearchParams(location.search).get(name) ?? "";
  return once[name].includes(value) ? value : "";
}

/** Milliseconds between two questions while there is no answer: doubled from the first to the last. */
const first = 500;
const last = 8000;

/**
 * @param {import("./api.js").API} api
 * @param {() => void} failed there was no answer, and it will be asked again
 * @returns {Promise<Config>}
 */
export async function configured(api, failed) {
  for (let pause = first; ; pause = Math.min(last, 2 * pause)) {
    try {
      const answer = await api.config();
      return {
        version: answer.version ?? "",
        interval: answer.interval_ms ?? 1000,
        techniques: techniques.filter((technique) => answer.techniques?.includes(technique) ?? true),
        history: answer.series !== false,
        shut: !answer.lab ? "lab.off" : answer.guest ? "lab.no_guest" : "", // why this page gets no more of the lab than its lanes
        now: answer.now ?? null,
        zone: answer.zone,
      };
    } catch {
      failed();
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/**
 * The technique in the address, else the one used last here, else SSE.
 * @param {Technique[]} offered
 * @returns {Technique}
 */
export function preferred(offered) {
  const wanted = [asked("technique"), recall("technique"), "sse"];
  for (const name of wanted) {
    const found = offered.find((technique) => technique === name);
    if (found) return found;
  }
  return offered[0];
}
