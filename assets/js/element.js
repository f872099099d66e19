// @ts-check
// <fivewire-panel src="…/monitor/" panel="cpu">: one panel of a dashboard, live, in anybody's page. It is a frame: what is
// inside sees nothing of the page, and the page nothing of what is inside but its height. Load it with one
// <script type="module" src="…/monitor/js/element.js">; it needs nothing else and defines nothing but this element.
//
// Attributes: src, the dashboard's address; panel, as in embed/{panel}; technique, range, theme, background as there; token,
// what is behind #s= of a link, for a dashboard that asks who looks. Each may change at any time.

/** Attributes that become parameters of the address. */
const parameters = ["technique", "range", "theme", "background"];
const others = ["src", "panel", "token"];
/** Pixels until the frame says what it needs, and the most it gets. */
const first = 240;
const most = 4000;

class FivewirePanel extends HTMLElement {
  static observedAttributes = [...parameters, ...others];

  /** @type {HTMLIFrameElement | null} */
  #frame = null;
  #origin = "";
  /** @type {AbortController | null} while it is in a page */
  #here = null;
  #due = false;

  connectedCallback() {
    this.#here = new AbortController();
    addEventListener("message", (event) => this.#hear(event), { signal: this.#here.signal });
    this.#show();
  }

  disconnectedCallback() {
    this.#here?.abort();
    this.#here = null;
    this.#frame?.remove();
    this.#frame = null;
  }

  attributeChangedCallback() {
    if (!this.#here || this.#due) return;
    this.#due = true; // several at once are one change
    queueMicrotask(() => {
      this.#due = false;
      if (this.#here) this.#show();
    });
  }

  #show() {
    const address = this.#address();
    this.#frame?.remove();
    this.#frame = null;
    if (!address) return;
    const frame = document.createElement("iframe");
    frame.title = this.getAttribute("title") ?? `fivewire: ${this.getAttribute("panel") ?? ""}`;
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin"); // its own origin, and no way to the page around it
    frame.referrerPolicy = "no-referrer";
    frame.loading = "lazy";
    const theme = this.getAttribute("theme");
    frame.style.cssText = "display:block;inline-size:100%;border:0";
    frame.style.colorScheme = theme === "dark" || theme === "light" ? theme : "light dark"; // or a transparent one is not
    frame.style.blockSize = `${first}px`;
    frame.addEventListener("load", () => frame.contentWindow?.postMessage({ fivewire: "hello" }, this.#origin));
    frame.src = address.href;
    this.#frame = frame;
    this.#origin = address.origin;
    this.append(frame);
  }

  /** null for none that can be */
  #address() {
    const panel = this.getAttribute("panel") ?? "";
    let address;
    try {
      const src = new URL(this.getAttribute("src") ?? "", document.baseURI);
      if (!src.pathname.endsWith("/")) src.pathname += "/";
      address = new URL(`embed/${encodeURIComponent(panel)}`, src);
    } catch {
      return null;
    }
    if (panel === "" || !/^https?:$/.test(address.protocol)) return null;
    for (const name of parameters) {
      const value = this.getAttribute(name);
      if (value !== null) address.searchParams.set(name, value);
    }
    const token = this.getAttribute("token");
    if (token) address.hash = `s=${token}`;
    return address;
  }

  /** Of all that windows say, the height that our own frame says. @param {MessageEvent} event */
  #hear({ source, origin, data }) {
    if (!this.#frame || source !== this.#frame.contentWindow || origin !== this.#origin) return;
    const height = data?.fivewire === "height" ? Number(data.height) : NaN;
    if (height > 0) this.#frame.style.blockSize = `${Math.min(most, Math.ceil(height))}px`;
  }
}

if (!customElements.get("fivewire-panel")) customElements.define("fivewire-panel", FivewirePanel);
