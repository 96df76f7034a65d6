/** A training as it goes: losses, the preview grid, and the way it came. */

import { get } from "../core/api.js";
import uPlot from "../vendor/uplot.js";
import { html, useEffect, useRef, useState } from "../core/view.js";

const COLOURS = ["#7ab8ff", "#ffd27a", "#7fd18b", "#b79ae0", "#ff8f80", "#9ad9d9", "#e39bd0", "#c8c8c8"];
const LOSSES = /** @type {Record<string, string>} */ ({ l1: "pixels", ssim: "structure", alike: "telling who" });
const MOST_POINTS = 1500;
const CHART_PX = 190;

/** @typedef {import("../core/types.js").JobEvent} JobEvent */

/** @param {{ production: import("../core/production.js").OpenProduction, job: import("../core/types.js").Job }} props */
export function Training({ production, job }) {
  const [losses, setLosses] = useState(/** @type {JobEvent[]} */ ([]));
  const [previews, setPreviews] = useState(/** @type {JobEvent[]} */ ([]));
  useEffect(() => {
    let gone = false;
    let last = 0;
    const place = `${production.place}/jobs/${job.id}/events`;
    const take = (/** @type {JobEvent[]} */ events) => {
      const fresh = events.filter((event) => event.sequence > last);
      if (gone || !fresh.length) return;
      last = fresh[fresh.length - 1].sequence;
      setLosses((all) => thinned([...all, ...fresh.filter((event) => event.kind === "losses")]));
      setPreviews((all) => [...all, ...fresh.filter((event) => event.kind === "preview")]);
    };
    const catchUp = async () => {
      for (;;) {
        const events = await get(`${place}?after=${last}&kinds=losses,preview&limit=2000`);
        take(events);
        if (events.length < 2000 || gone) return;
      }
    };
    const heard = (/** @type {any} */ event) => {
      if (event.detail.job_id === job.id && ["losses", "preview"].includes(event.detail.kind)) take([event.detail]);
    };
    setLosses([]);
    setPreviews([]);
    void catchUp().catch(() => {}).finally(() => gone || production.addEventListener("jobevent", heard));
    return () => {
      gone = true;
      production.removeEventListener("jobevent", heard);
    };
  }, [job.id]);
  return html`<div class="training">
    <${LossChart} events=${losses} nameOf=${(/** @type {string} */ loss) => lossName(production, job, loss)} />
    <${Previews} production=${production} job=${job} events=${previews} />
  </div>`;
}

/** A loss in words: `total_1` is that of the second person. @param {import("../core/production.js").OpenProduction} production  @param {import("../core/types.js").Job} job  @param {string} loss */
function lossName(production, job, loss) {
  const [, number] = /^total_(\d+)$/.exec(loss) ?? [];
  return number ? production.person(job.spec.people?.[Number(number)])?.name ?? loss : LOSSES[loss] ?? loss;
}

/** @param {{ events: JobEvent[], nameOf: (loss: string) => string }} props */
function LossChart({ events, nameOf }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [logarithmic, setLogarithmic] = useState(true);
  const names = [...new Set(events.flatMap((event) => Object.keys(event.values)))];
  const key = `${names.join()} ${logarithmic}`;
  const chart = useRef(/** @type {uPlot | null} */ (null));
  useEffect(() => {
    if (!place.current || !names.length) return;
    const axis = { stroke: "#b4b4b4", grid: { stroke: "#4a4a4a" }, ticks: { stroke: "#4a4a4a" } };
    const made = new uPlot({
      width: place.current.clientWidth, height: CHART_PX, scales: { x: { time: false }, y: { distr: logarithmic ? 3 : 1 } },
      legend: { live: false },
      axes: [axis, { ...axis, size: 56 }],
      series: [{ label: "iteration" }, ...names.map((name, at) => ({ label: nameOf(name), stroke: COLOURS[at % COLOURS.length], width: 1.5 }))],
    }, columnsOf(events, names), place.current);
    chart.current = made;
    const fit = new ResizeObserver(() => place.current && made.setSize({ width: place.current.clientWidth, height: CHART_PX }));
    fit.observe(place.current);
    return () => {
      fit.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [key]);
  useEffect(() => {
    chart.current?.setData(columnsOf(events, names));
  }, [events]);
  const last = events[events.length - 1];
  const text = last ? `Iteration ${last.done}: ${Object.entries(last.values).map(([name, value]) => `${nameOf(name)} ${value.toPrecision(3)}`).join(", ")}` : "No losses yet.";
  return html`<figure class="chart">
    <div ref=${place} aria-hidden="true"></div>
    <figcaption class="row quiet"><span class="spread number">${text}</span>
      <label class="inline"><input type="checkbox" checked=${logarithmic} onChange=${(/** @type {any} */ event) => setLogarithmic(event.target.checked)} />logarithmic</label></figcaption>
  </figure>`;
}

/** @param {{ production: import("../core/production.js").OpenProduction, job: import("../core/types.js").Job, events: JobEvent[] }} props */
function Previews({ production, job, events }) {
  const [chosen, choose] = useState(-1); // -1 follows the newest
  const [playing, play] = useState(false);
  const at = chosen < 0 ? events.length - 1 : Math.min(chosen, events.length - 1);
  useEffect(() => {
    if (!playing) return;
    const clock = setInterval(() => choose((before) => {
      const next = (before < 0 ? 0 : before) + 1;
      if (next < events.length) return next;
      play(false);
      return -1;
    }), 150);
    return () => clearInterval(clock);
  }, [playing, events.length]);
  if (!events.length) return html`<p class="quiet">No preview yet.</p>`;
  const event = events[at];
  const address = `${production.place}/jobs/${job.id}/preview.jpg?sequence=${event.sequence}`;
  return html`<figure class="previews">
    <img src=${address} alt="Preview at iteration ${event.done}: performer, rebuilt, donor on the performer" />
    <figcaption class="row"><button onClick=${() => { if (at === events.length - 1) choose(0); play(!playing); }}>${playing ? "Stop" : "Timelapse"}</button>
      <input class="spread" type="range" aria-label="Preview" min="0" max=${events.length - 1} value=${at}
        onInput=${(/** @type {any} */ input) => choose(Number(input.target.value) === events.length - 1 ? -1 : Number(input.target.value))} />
      <span class="number quiet">iteration ${event.done}</span></figcaption>
    ${job.kind === "train" && html`<p class="quiet">Rows from above: ${rowsOf(production, job)}.</p>`}
  </figure>`;
}

/** What the rows of a training's preview are. @param {import("../core/production.js").OpenProduction} production  @param {import("../core/types.js").Job} job */
function rowsOf(production, job) {
  const names = /** @type {string[]} */ (job.spec.people ?? []).map((id) => production.person(id)?.name ?? id);
  return [...names.flatMap((name) => [name, `${name} as learnt`]), ...names.slice(1).map((name) => `${names[0]} as ${name}`)].join(", ");
}

/** @param {JobEvent[]} events  @param {string[]} names */
function columnsOf(events, names) {
  return [events.map((event) => event.done), ...names.map((name) => events.map((event) => event.values[name] ?? null))];
}

/** Every second one goes when there are too many: a curve needs no more points than pixels. @param {JobEvent[]} events */
function thinned(events) {
  return events.length <= MOST_POINTS ? events : events.filter((_, at) => at % 2 === events.length % 2 || at === events.length - 1);
}
