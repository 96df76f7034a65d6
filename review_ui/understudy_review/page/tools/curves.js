/** The Curves tool: how the track in hand moves, as found against as solved; how the take fares; smoothing. */

import { html, useChange, useMemo, useState } from "../core/view.js";
import { keep, kept } from "../core/kept.js";
import { Chart } from "./curves/chart.js";
import { FACE_PARTS, REGION_POINTS } from "./curves/face_parts.js";
import { FaceMap } from "./curves/face_map.js";
import { CHOICES, cutPlaces, landmarkPlots, measurePlot, regionJitters, squarePlot } from "./curves/plots.js";
import { Smoothing } from "./curves/smoothing.js";
import { useTrackCurves } from "./curves/track_curves.js";

const MOST_CHARTS = 8;
const MOST_FRAMES = 3000; // of a longer shot only a part is looked at, around the frame in hand
const FIRST_SHOWN = ["x", "y", "angle", "trouble"];

/** @typedef {import("../core/types.js").Range} Range */

/** @param {{ shot: import("../core/shot.js").OpenShot }} props */
export function CurvesTool({ shot }) {
  useChange(shot, "measures", "take", "track", "timeline", "inout");
  const [shown, setShown] = useState(() => kept("curves", FIRST_SHOWN));
  const [points, setPoints] = useState(() => FACE_PARTS[0].points.map(([point]) => point));
  const [inHead, setInHead] = useState(true);
  const [zoom, setZoom] = useState(/** @type {Range | null} */ (null));
  const range = useMemo(() => zoom ?? aroundHere(shot), [shot, zoom]);
  const landmarks = shown.includes("landmarks");
  const asked = useMemo(() => [...new Set([...Object.values(REGION_POINTS).flat(), ...(landmarks ? points : [])])], [landmarks, points]);
  const { curves, error } = useTrackCurves(shot, asked, shot.tracks.length ? range : null);
  const cuts = useMemo(() => cutPlaces(shot.timeline.cuts, curves?.first ?? range.first), [curves, shot.timeline.cuts]);
  const threshold = kept("timeline.threshold", 0.5);
  const plots = useMemo(() => shown.flatMap((id) => {
    if (id === "landmarks") return curves ? landmarkPlots(curves, points, inHead, cuts) : [];
    return (curves && squarePlot(curves, id, cuts)) ?? (shot.measures.size && measurePlot(shot, id, range, threshold)) ?? [];
  }).filter((plot) => typeof plot === "object"), [shown, curves, points, inHead, cuts, shot.measures, range]);
  const jitters = useMemo(() => (curves ? regionJitters(curves, cuts) : {}), [curves, cuts]);
  const toggle = (/** @type {string} */ id) => {
    const next = shown.includes(id) ? shown.filter((one) => one !== id)
      : CHOICES.map((choice) => choice.id).filter((one) => one === id || shown.includes(one)).slice(-MOST_CHARTS);
    keep("curves", next);
    setShown(next);
  };
  return html`<div class="curves">
    <div class="row wrap"><${Picks} shot=${shot} shown=${shown} toggle=${toggle} />
      <${RangePick} shot=${shot} range=${range} setZoom=${setZoom} /></div>
    ${error && html`<p class="bad" role="alert">${error.message}</p>`}
    ${!shot.tracks.length && html`<p class="quiet">No face was followed in this shot yet.</p>`}
    ${plots.map((plot) => html`<${Chart} key=${plot.id} shot=${shot} plot=${plot} onZoom=${setZoom} onDrop=${() => toggle(plot.id.split(".")[0])} />`)}
    ${landmarks && html`<${FaceMap} shot=${shot} points=${points} onPick=${setPoints} />
      <label class="inline"><input type="checkbox" checked=${inHead} onChange=${(/** @type {any} */ event) => setInHead(event.target.checked)} />
        within the head: without its own movement</label>`}
    <${Smoothing} shot=${shot} jitters=${jitters} />
  </div>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, shown: string[], toggle: (id: string) => void }} props */
function Picks({ shot, shown, toggle }) {
  const group = (/** @type {string} */ of, /** @type {string} */ title) => html`<optgroup label=${title}>
    ${CHOICES.filter((choice) => choice.of === of && !shown.includes(choice.id) && (of === "track" || has(shot, choice.id)))
      .map(({ id, title: name }) => html`<option key=${id} value=${id}>${name}</option>`)}</optgroup>`;
  const picked = (/** @type {any} */ event) => {
    toggle(event.target.value);
    event.target.value = "";
  };
  return html`<select class="small" aria-label="Add a curve" value="" onChange=${picked}>
    <option value="">Add a curve …</option>
    ${group("track", `Track ${shot.track}`)}
    ${shot.measures.size ? group("take", "Take") : html`<option disabled>of the take: not measured yet</option>`}
  </select>`;
}

/** @param {{ shot: import("../core/shot.js").OpenShot, range: Range, setZoom: (range: Range | null) => void }} props */
function RangePick({ shot, range, setZoom }) {
  const { first, last } = shot.inOut;
  const part = first !== shot.range.first || last !== shot.range.last;
  const long = shot.range.last - shot.range.first >= MOST_FRAMES;
  return html`<span class="number quiet">${range.first}–${range.last}</span><span class="spread"></span>
    ${part && html`<button class="small" onClick=${() => setZoom({ first, last })}>In to out</button>`}
    ${long && html`<button class="small" onClick=${() => setZoom(aroundHere(shot))}>Around here</button>`}
    ${range.last - range.first < shot.range.last - shot.range.first && html`<button class="small" onClick=${() => setZoom(shot.range)}>Whole shot</button>`}`;
}

/** The whole shot, or so much of it as can be drawn at once. @param {import("../core/shot.js").OpenShot} shot  @returns {Range} */
function aroundHere({ range, frame }) {
  if (range.last - range.first < MOST_FRAMES) return range;
  const first = Math.min(range.last - MOST_FRAMES + 1, Math.max(range.first, frame - MOST_FRAMES / 2));
  return { first, last: first + MOST_FRAMES - 1 };
}

/** Whether the take was measured for it at all. @param {import("../core/shot.js").OpenShot} shot  @param {string} id */
function has(shot, id) {
  if (id === "trouble") return true;
  for (const { values } of shot.measures.values()) if (values[id] !== undefined && values[id] !== null) return true;
  return false;
}
