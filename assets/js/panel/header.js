// @ts-check
// The first line of the page: which host this is, how long it has been up, how often it is read and what that costs.

import { bytes, duration, known, percent, period, rate } from "../format.js";
import { say } from "../words/words.js";
import { field, write } from "./dom.js";

export class Header {
  #hostname = field("hostname");
  #system = field("system");
  #uptime = field("uptime");
  #interval = field("interval");
  #cpu = field("self-cpu");
  #memory = field("self-memory");
  #rate = field("self-rate");
  #name = "";
  #alerts = 0;
  #paused = false;

  /** @param {any} host what the machine is */
  host(host) {
    const name = host.hostname || say("host.this_host");
    const system = [host.platform || host.os, host.kernel, host.arch, processors(host)].filter(Boolean).join(" · ");
    write(this.#hostname, name);
    write(this.#system, system);
    this.#hostname.title = name;
    this.#system.title = system;
    this.#name = name;
    this.#title();
  }

  /** @param {number} n how many alerts fire: who has this page among other tabs sees it there */
  alerts(n) {
    this.#alerts = n;
    this.#title();
  }

  /** @param {boolean} is whether the page has let go, and so does not know what fires */
  paused(is) {
    this.#paused = is;
    this.#title();
  }

  #title() {
    const page = this.#name ? `${this.#name} – fivewire` : "fivewire";
    document.title = this.#paused ? `❙❙ ${page}` : this.#alerts > 0 ? `● ${this.#alerts} ${page}` : page;
  }

  /**
   * @param {any} snapshot
   * @param {number} interval milliseconds
   * @param {number} byteRate of messages to this page
   */
  show(snapshot, interval, byteRate) {
    write(this.#uptime, duration(snapshot.uptime));
    write(this.#interval, period(interval / 1000));
    write(this.#cpu, `${percent(snapshot.self?.cpu)}`);
    write(this.#memory, bytes(snapshot.self?.memory));
    write(this.#rate, rate(byteRate));
  }
}

/** @param {any} host */
function processors(host) {
  if (!known(host.cpus) || host.cpus === 0) return host.cpu_model;
  return `${host.cpus} × ${host.cpu_model || say("host.cpu")}`;
}
