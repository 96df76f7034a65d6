/** One chart: curves over frames; a click seeks, a drag shows that part, a double-click shows all again. */

import { html, useEffect, useRef } from "../../core/view.js";
import uPlot from "../../vendor/uplot.js";
import { thinned } from "./series.js";

const HEIGHT_PX = 112;
const CLICK_PX = 4;

/**
 * @typedef {import("./series.js").Values} Values
 * @typedef {{ label: string, values: Values, colour: string, width?: number, dash?: number[] }} Line
 * @typedef {{ id: string, title: string, unit: string, figures: string, x: number[], lines: Line[],
 *   band?: { low: Values, high: Values, colour: string } }} Plot
 */

/**
 * @param {{ shot: import("../../core/shot.js").OpenShot, plot: Plot, onDrop: () => void,
 *   onZoom: (range: import("../../core/types.js").Range | null) => void }} props
 */
export function Chart({ shot, plot, onZoom, onDrop }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const drawn = useRef(/** @type {Drawn | null} */ (null));
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  const shape = plot.lines.map(({ colour, width, dash }) => [colour, width, dash].join()).join("|") + Boolean(plot.band);
  useEffect(() => {
    const chart = new Drawn(/** @type {HTMLDivElement} */ (box.current), shot, plot, (range) => zoom.current(range));
    drawn.current = chart;
    return () => chart.close();
  }, [shot, plot.id, shape]);
  useEffect(() => drawn.current?.show(plot), [plot]);
  return html`<figure class="chart">
    <figcaption><b>${plot.title}</b> <span class="quiet">${plot.unit}</span><span class="spread"></span><span class="quiet number">${plot.figures}</span>
      <button class="plain small" aria-label="Take ${plot.title} away" onClick=${onDrop}>✕</button></figcaption>
    <div ref=${box} class="chart-box" role="img" aria-label="${plot.title}: ${plot.figures || "a curve over frames"}"></div>
  </figure>`;
}

class Drawn {
  /** @type {Plot} */
  #plot;

  /** @param {HTMLDivElement} box  @param {import("../../core/shot.js").OpenShot} shot  @param {Plot} plot  @param {(range: import("../../core/types.js").Range | null) => void} onZoom */
  constructor(box, shot, plot, onZoom) {
    this.box = box;
    this.shot = shot;
    this.onZoom = onZoom;
    this.#plot = plot;
    this.chart = new uPlot(options(plot, this.#width, {
      setSelect: [(/** @type {any} */ chart) => this.#selected(chart)],
      setScale: [() => this.#place()],
    }), this.#data(plot), box);
    this.head = document.createElement("div");
    this.head.className = "chart-head";
    this.chart.over.append(this.head);
    this.#listen();
    this.#moved = () => this.#place();
    shot.addEventListener("frame", this.#moved);
    this.sized = new ResizeObserver(() => {
      if (Math.abs(this.chart.width - this.#width) > 1) this.chart.setSize({ width: this.#width, height: HEIGHT_PX });
      this.#place();
    });
    this.sized.observe(box);
    this.#place();
  }

  #moved;

  close() {
    this.sized.disconnect();
    this.shot.removeEventListener("frame", this.#moved);
    this.chart.destroy();
  }

  /** @param {Plot} plot */
  show(plot) {
    if (plot === this.#plot) return;
    this.#plot = plot;
    this.chart.setData(this.#data(plot));
    this.#place();
  }

  get #width() {
    return Math.max(120, this.box.clientWidth);
  }

  /** @param {Plot} plot */
  #data({ x, lines, band }) {
    const columns = lines.map(({ values }) => values);
    return thinned(x, band ? [band.high, band.low, ...columns] : columns, this.#width * devicePixelRatio);
  }

  #place() {
    if (!this.head) return;
    const x = this.chart.valToPos(this.shot.frame, "x");
    const seen = x >= -1 && x <= this.chart.over.clientWidth + 1;
    this.head.style.visibility = seen ? "visible" : "hidden";
    this.head.style.transform = `translateX(${x}px)`;
  }

  #listen() {
    const { over } = this.chart;
    let downAt = 0;
    over.addEventListener("mousedown", (/** @type {MouseEvent} */ event) => (downAt = event.clientX));
    over.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      if (Math.abs(event.clientX - downAt) > CLICK_PX) return;
      this.shot.goTo(this.chart.posToVal(event.clientX - over.getBoundingClientRect().left, "x"));
    });
    over.addEventListener("dblclick", () => this.onZoom(null));
  }

  /** @param {any} chart */
  #selected(chart) {
    const { left, width } = chart.select;
    if (width <= CLICK_PX) return;
    const first = Math.round(chart.posToVal(left, "x"));
    const last = Math.round(chart.posToVal(left + width, "x"));
    chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (last - first >= 4) this.onZoom({ first, last });
  }
}

/** @param {Plot} plot  @param {number} width  @param {Record<string, unknown>} hooks */
function options({ lines, band }, width, hooks) {
  const hidden = { stroke: "transparent", width: 0, points: { show: false } };
  const axis = { stroke: "#b4b4b4", grid: { stroke: "#ffffff14", width: 1 }, ticks: { show: false }, font: "10px system-ui, sans-serif" };
  return {
    width, height: HEIGHT_PX, hooks, padding: [6, 14, 0, 0], legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 5 }, sync: { key: "curves" }, bind: { dblclick: () => () => null } },
    scales: { x: { time: false, range: (/** @type {any} */ chart) => [chart.data[0][0] - 0.5, chart.data[0].at(-1) + 0.5] } },
    axes: [
      { ...axis, size: 18, gap: 1, values: (/** @type {any} */ _, /** @type {number[]} */ ticks) => ticks.map((tick) => (Number.isInteger(tick) ? String(tick) : "")) },
      { ...axis, size: 42, gap: 2 },
    ],
    series: [{}, ...(band ? [hidden, hidden] : []), ...lines.map(({ label, colour, width: thick = 1, dash }) => ({
      label, stroke: colour, width: thick, dash, points: { show: false }, spanGaps: false,
    }))],
    bands: band ? [{ series: [1, 2], fill: band.colour }] : [],
  };
}
