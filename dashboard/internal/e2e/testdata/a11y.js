// What is wrong with a page for who cannot see it, cannot point, or cannot tell faint grey from grey: a list of sentences,
// empty when nothing is. It is evaluated in the page and leaves it as it was.
(() => {
  const problems = [];
  const name = (e) => `${e.localName}${e.id ? "#" + e.id : ""}${e.getAttribute("data-testid") ? `[${e.getAttribute("data-testid")}]` : ""}.${String(e.getAttribute("class") ?? "")} "${(e.textContent ?? "").trim().slice(0, 30)}"`;
  const say = (e, what) => problems.push(`${name(e)}: ${what}`);
  const visible = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest("[inert]");
  const all = [...document.querySelectorAll("body, body *")];

  // ids are unique, and what refers to one finds it
  const ids = new Set();
  for (const e of all) {
    if (e.id && ids.has(e.id)) say(e, "its id is another one's too");
    ids.add(e.id);
  }
  for (const attribute of ["aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "for"]) {
    for (const e of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of e.getAttribute(attribute).split(/\s+/)) if (!document.getElementById(id)) say(e, `${attribute} names ${id}, which is not there`);
    }
  }

  // roles and states are those of the specification
  const roles = new Set("alert alertdialog application article banner button cell checkbox columnheader combobox complementary contentinfo definition dialog document feed figure form generic grid gridcell group heading img link list listbox listitem log main marquee math menu menubar menuitem menuitemcheckbox menuitemradio meter navigation none note option presentation progressbar radio radiogroup region row rowgroup rowheader scrollbar search searchbox separator slider spinbutton status switch tab table tablist tabpanel term textbox timer toolbar tooltip tree treegrid treeitem".split(" "));
  const truth = new Set(["true", "false"]);
  for (const e of all) {
    const role = e.getAttribute("role");
    if (role !== null && !roles.has(role)) say(e, `the role ${role} is none`);
    for (const state of ["aria-expanded", "aria-selected", "aria-hidden", "aria-pressed"]) {
      const v = e.getAttribute(state);
      if (v !== null && !truth.has(v) && !(state === "aria-pressed" && v === "mixed")) say(e, `${state}="${v}"`);
    }
    if (e.getAttribute("aria-hidden") === "true" && e.querySelector("a[href], button, input, select, textarea, [tabindex='0']")) say(e, "is hidden from readers and can have the focus inside");
    if (Number(e.getAttribute("tabindex")) > 0) say(e, "has an order of its own for the Tab key");
  }

  // what can be used, and what is a picture, has a name
  const spoken = (e) => {
    if (e.getAttribute("aria-hidden") === "true") return "";
    if (e.nodeType === Node.TEXT_NODE) return e.nodeValue;
    const label = e.getAttribute("aria-label");
    return label ?? (e.localName === "svg" ? "" : [...e.childNodes].map((child) => (child.nodeType === Node.TEXT_NODE ? child.nodeValue : child.nodeType === Node.ELEMENT_NODE ? spoken(child) : "")).join(" "));
  };
  const called = (e) => [
    e.getAttribute("aria-label"), ...(e.getAttribute("aria-labelledby") ?? "").split(/\s+/).map((id) => (id ? spoken(document.getElementById(id) ?? document.body) : "")),
    ...[...(e.labels ?? [])].map(spoken), ["input", "select", "textarea", "progress", "canvas"].includes(e.localName) ? "" : spoken(e), e.getAttribute("title"),
  ].find((text) => text?.trim());
  for (const e of document.querySelectorAll("a[href], button, input, select, textarea, summary, progress, meter, dialog, [role=button], [role=img], [role=region], [role=radiogroup], [role=dialog], [tabindex='0']")) {
    if (visible(e) && !called(e)) say(e, "has no name");
  }

  // text stands out from what is behind it: WCAG AA
  const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const seen = new Map();
  const rgba = (colour) => {
    if (!seen.has(colour)) {
      pen.clearRect(0, 0, 1, 1);
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
      seen.set(colour, [r, g, b, a / 255]);
    }
    return seen.get(colour);
  };
  const over = (above, below) => [0, 1, 2].map((i) => above[i] * above[3] + below[i] * (1 - above[3])).concat(1);
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = at.parentElement) {
      const colour = rgba(getComputedStyle(at).backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    return layers.reduceRight((below, above) => over(above, below), [255, 255, 255, 1]);
  };
  const light = (c) => {
    const [r, g, b] = c.slice(0, 3).map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const told = new Set();
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.nodeValue.trim() || told.has(e) || !visible(e) || e.closest("script, noscript, template, option, :disabled, label:has(:disabled), .hidden, [aria-hidden=true]")) continue;
    told.add(e);
    const style = getComputedStyle(e);
    const back = behind(e);
    const text = over(rgba(style.color), back);
    const [a, b] = [light(text), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5) - 0.01) say(e, `its contrast is ${ratio.toFixed(2)}: ${style.color} on ${back.slice(0, 3).map(Math.round)}`);
  }
  return problems;
})()
