// The timeline of a run that goes on: drawn from its steps as the server tells them, and grown in between. The same drawing
// as the server's (`console/timeline.py`): a bar for each step, three shades for a turn.

import { said } from "./duration.js";

const [ROW, TOP, BAR, THIN, TICKS] = [26, 26, 14, 0.5, 5];
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, ...inside) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

/** The bars of a step: class, and from when to when; what hasn't ended has no end. */
function shades({ kind, start, opened, first, end }) {
  if (kind !== "turn") return [[`bar ${kind}`, start, end]];
  const [waited, thought] = [opened ?? end, first ?? end];
  return [["bar turn wait", start, waited], ...(waited === null ? [] : [["bar turn think", waited, thought]]),
    ...(thought === null ? [] : [["bar turn", thought, end]])].filter(([name, from, to]) => name === "bar turn" || to !== from);
}

/** One step: its elements, and how to put them onto an axis of so many milliseconds. */
function row(step, number) {
  const y = TOP + number * ROW;
  const state = step.fault ? " failed" : step.end === null ? " open" : "";
  const bars = shades(step).map(([name, from, to]) => [svg("rect", { class: name + state, y: y + 4, height: BAR }), from, to]);
  const took = svg("text", { class: "took", dx: 6, y: y + 15 });
  const title = svg("title", {});
  const made = svg("g", {}, title, ...bars.map(([bar]) => bar), took);
  const put = (now) => {
    const at = (moment) => (Math.min(Math.max(moment, 0), now) / now) * 100;
    for (const [bar, from, to] of bars) {
      const wide = at(to ?? now) - at(from);
      bar.setAttribute("x", `${at(from)}%`);
      bar.setAttribute("width", `${wide}%`);
      bar.classList.toggle("thin", wide < THIN);
    }
    const lasted = said((step.end ?? now) - step.start);
    took.setAttribute("x", `${at(step.end ?? now)}%`);
    took.textContent = lasted;
    title.textContent = [`${step.kind} ${step.name}: ${lasted}`, ...(step.first === null ? [] : [`first token after ${said(step.first - step.start)}`]),
      ...(step.fault ? [step.fault] : [])].join("; ");
    return lasted;
  };
  return { ...step, made, put };
}

function axis(now, height) {
  const rough = now / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const distance = [1, 2, 5, 10].map((step) => step * power).find((step) => step >= rough * 0.999);
  return Array.from({ length: Math.floor(now / distance) + 1 }, (_, number) => {
    const x = `${((number * distance) / now) * 100}%`;
    const tick = svg("text", { class: number % 2 ? "tick odd" : "tick", x, y: 14 }, number ? said(number * distance) : "0");
    return svg("g", {}, svg("line", { class: "grid", x1: x, x2: x, y1: TOP - 6, y2: height }), tick);
  });
}

/** Draw the timeline in this part of the page anew, and as it grows, until `over`. */
export function follow(part) {
  const drawing = part.querySelector(".timeline");
  const [names, plane] = [drawing.querySelector(".names"), drawing.querySelector(".plane")];
  const table = part.querySelector("tbody");
  const [lines, steps] = [svg("g", {}), svg("g", {})];
  const rows = new Map();
  let [count, told, at, timer] = [0, 1, 0, 0];

  function draw() {
    const now = Math.max(told + performance.now() - at, 1);
    const height = TOP + ROW * Math.max(rows.size, 1) + 8;
    for (const one of [names, plane]) one.setAttribute("height", height);
    lines.replaceChildren(...axis(now, height));
    for (const one of rows.values()) {
      const lasted = one.put(now);
      if (one.cell) one.cell.textContent = lasted;
    }
    drawing.setAttribute("aria-label", `${count} steps in ${said(now)}, still running`);
    for (const place of part.querySelectorAll("[data-elapsed]")) place.textContent = said(now);
  }

  function tabled(step) {
    const cells = [step.kind, step.name, "", step.fault ?? ""].map((text) => Object.assign(document.createElement("td"), { textContent: text }));
    cells[2].className = "num";
    const line = document.createElement("tr");
    line.append(...cells);
    return [line, cells[2]];
  }

  function take(grown) {
    for (const [number, [kind, label, name, start, opened, first, end, fault]] of Object.entries(grown.steps)) {
      const step = row({ kind, label, name, start, opened, first, end, fault }, Number(number));
      if (table) [step.line, step.cell] = tabled(step);
      rows.set(Number(number), step);
    }
    [count, told, at] = [grown.count, grown.now, performance.now()];
    if (!lines.isConnected) {
      // Until the first of it is here, the server's drawing stands.
      plane.replaceChildren(lines, steps);
      timer = setInterval(draw, 250);
    }
    names.replaceChildren(...[...rows].map(([number, one]) => svg("text", { class: "label", x: 0, y: TOP + number * ROW + 15 }, one.label)));
    if (count > rows.size) names.append(svg("text", { class: "tick", x: 4, y: 16 }, `and ${count - rows.size} more`));
    steps.replaceChildren(...[...rows.values()].map((one) => one.made));
    table?.replaceChildren(...[...rows.values()].map((one) => one.line));
    const first = [...rows.values()].find((one) => one.first !== null)?.first;
    for (const place of part.querySelectorAll("[data-first]")) place.textContent = first === undefined ? "" : `first token ${said(first)} · `;
    draw();
  }

  const source = new EventSource(part.dataset.grows);
  source.addEventListener("grown", (event) => take(JSON.parse(event.data)));
  source.addEventListener("over", (event) => {
    source.close();
    clearInterval(timer);
    take(JSON.parse(event.data));
    // Its items and figures are shown by the page of what has ended.
    setTimeout(() => location.reload(), 400);
  });
  // A server that was started anew doesn't know the run: what was drawn stays as it is.
  source.addEventListener("error", () => { if (source.readyState === EventSource.CLOSED) clearInterval(timer); });
  addEventListener("pagehide", () => { source.close(); clearInterval(timer); });
}
