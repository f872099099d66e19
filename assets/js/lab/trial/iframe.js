// @ts-check
// The forever iframe: a document that does not end, and whose script calls the page for each message. The browser goes on
// loading it all the time.

import { newId } from "../../viewer.js";

/** Messages to wait for. */
const wanted = 6;

/** @type {import("../stage.js").Piece} */
export default {
  name: "iframe",
  claims: [9],
  lanes: [],
  async run(stage) {
    const viewer = newId();
    const frame = document.createElement("iframe");
    frame.hidden = true;
    stage.hold(() => frame.remove());
    let [calls, loading] = [0, 0];
    Object.assign(globalThis, { fivewireIframe: () => {
      calls++;
      if (frame.contentDocument?.readyState === "loading") loading++;
    } });
    stage.later(() => Reflect.deleteProperty(globalThis, "fivewireIframe"));
    frame.src = stage.url("streaming", { as: "iframe", viewer, compress: "off" });
    document.body.append(frame);
    await stage.until(() => calls >= wanted, 5 + wanted * stage.interval);
    const nodes = frame.contentDocument?.querySelectorAll("*").length ?? NaN;
    const figures = await stage.cost(viewer, "streaming");
    return [
      { figure: "calls_iframe", measured: calls },
      { figure: "loading_iframe", unit: "share", measured: loading / calls },
      { figure: "elements_iframe", measured: nodes },
      { figure: "framing_iframe", unit: "bytes", measured: figures ? figures.bytes.out.framing / figures.messages : NaN },
    ];
  },
};
