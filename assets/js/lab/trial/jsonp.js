// @ts-check
// JSONP: the answer is a script that calls a function of the page. Here the script is imported, as the page's policy lets
// it; beside it the same questions are asked the plain way.

import { newId } from "../../viewer.js";
import { Unable } from "../stage.js";

const times = 5;

/** @type {import("../stage.js").Piece} */
export default {
  name: "jsonp",
  claims: [11],
  lanes: [],
  async run(stage) {
    if (stage.lab.config.shut) throw new Unable(stage.lab.config.shut);
    const [script, plain] = [newId(), newId()];
    let calls = 0;
    let cursor = "";
    Object.assign(globalThis, { fivewireJSONP: (/** @type {{cursor: string}} */ answer) => {
      calls++;
      cursor = answer.cursor;
    } });
    stage.later(() => Reflect.deleteProperty(globalThis, "fivewireJSONP"));
    for (let i = 0; i < times; i++) {
      const after = cursor;
      await import(`${stage.url("polling", { as: "jsonp", viewer: script, after, compress: "off" })}#${i}`); // a script of one address runs once
      await fetch(stage.url("polling", { viewer: plain, after, compress: "off" }), { cache: "no-store" }).then((answer) => answer.arrayBuffer());
      await stage.sleep(1000 * stage.interval);
    }
    const [of, other] = [await stage.cost(script, "polling"), await stage.cost(plain, "polling")];
    // One that is asked a moment later may bring a message more: what is around them is compared.
    const each = (/** @type {typeof of} */ figures) => (figures ? (figures.bytes.in.total + figures.bytes.out.total - figures.bytes.out.payload) / figures.requests : NaN);
    return [
      { figure: "calls_jsonp", measured: calls },
      { figure: "around_jsonp", unit: "bytes", measured: each(of) },
      { figure: "around_poll", unit: "bytes", measured: each(other) },
    ];
  },
};
