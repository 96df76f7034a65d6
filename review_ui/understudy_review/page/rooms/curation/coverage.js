/** What a performer shows and a donor lacks: poses as a map, expressions as bars, the gaps in words. */

import { html, useAnswer, useEffect } from "../../core/view.js";

const EXPRESSIONS = [["mouth_open", "Mouth open"], ["eyes_closed", "Eyes closed"], ["smile", "Smile"]];
const ENOUGH = 3; // a pose that is seen less often is hardly learnt

/**
 * @typedef {{ person_id: string, poses: number[], mouth_open: number[], eyes_closed: number[], smile: number[] }} Shown
 * @typedef {{ yaw_edges_deg: number[], pitch_edges_deg: number[], performer: Shown, donor: Shown, lacking: string[] }} Report
 */

/**
 * @param {{ production: import("../../core/production.js").OpenProduction, performerId: string, donorId: string, again: number,
 *   onPose: (yaw: [number, number], pitch: [number, number]) => void }} props
 */
export function CoverageMap({ production, performerId, donorId, again, onPose }) {
  const { data, error, again: ask } = useAnswer(`${production.place}/coverage?performer=${performerId}&donor=${donorId}`);
  useEffect(() => {
    if (again > 1) ask(); // what was compared stays until the new answer is here
  }, [again]);
  if (error) return html`<p class="bad">${error.message}</p>`;
  if (!data) return html`<p class="quiet">Comparing …</p>`;
  const report = /** @type {Report} */ (data);
  const names = [performerId, donorId].map((id) => production.person(id)?.name ?? "");
  return html`<div class="coverage">
    ${report.lacking.length ? html`<ul>${report.lacking.slice(0, 6).map((lack) => html`<li class="warn">${lack}</li>`)}</ul>`
      : html`<p class="good">${names[1]} shows every pose and expression that ${names[0]} does.</p>`}
    <${PoseMap} report=${report} names=${names} onPose=${onPose} />
    ${EXPRESSIONS.map(([key, title]) => html`<${Bars} key=${key} title=${title} names=${names}
      performer=${report.performer[/** @type {"smile"} */ (key)]} donor=${report.donor[/** @type {"smile"} */ (key)]} />`)}
  </div>`;
}

/** @param {{ report: Report, names: string[], onPose: (yaw: [number, number], pitch: [number, number]) => void }} props */
function PoseMap({ report, names, onPose }) {
  const { yaw_edges_deg: yaws, pitch_edges_deg: pitches, performer, donor } = report;
  const columns = yaws.length - 1;
  const most = [performer, donor].map((shown) => Math.max(1, ...shown.poses));
  return html`<table class="poses"><caption>Faces by pose: ${names[0]} (performer) above, ${names[1]} (donor) below; ▲ marks what the donor lacks</caption>
    <thead><tr><td></td>${yaws.slice(0, -1).map((yaw, at) => html`<th scope="col" title="${yaw} to ${yaws[at + 1]} degrees">${(yaw + yaws[at + 1]) / 2}°</th>`)}</tr></thead>
    <tbody>${pitches.slice(0, -1).map((pitch, row) => html`<tr><th scope="row" title="${pitch} to ${pitches[row + 1]} degrees">${(pitch + pitches[row + 1]) / 2}°</th>
      ${yaws.slice(0, -1).map((yaw, column) => {
        const counts = [performer, donor].map((shown) => shown.poses[row * columns + column]);
        const lacks = counts[0] >= ENOUGH && counts[1] < ENOUGH;
        const words = `turned ${yaw} to ${yaws[column + 1]}°, nodded ${pitch} to ${pitches[row + 1]}°: ${names[0]} ${counts[0]}, ${names[1]} ${counts[1]}${lacks ? "; the donor lacks it" : ""}`;
        return html`<td><button class="pose ${lacks ? "lacks" : ""}" aria-label=${words} title=${words} onClick=${() => onPose(openEnds(yaws, column), openEnds(pitches, row))}>
          ${counts.map((count, who) => html`<span style=${{ background: `rgb(122 184 255 / ${count ? 0.12 + 0.5 * Math.sqrt(count / most[who]) : 0})` }}>${count || "·"}</span>`)}
          ${lacks && html`<b aria-hidden="true">▲</b>`}</button></td>`;
      })}</tr>`)}</tbody></table>`;
}

/** The outermost cells count what lies beyond them too. @param {number[]} edges  @param {number} at  @returns {[number, number]} */
function openEnds(edges, at) {
  return [at === 0 ? -180 : edges[at], at === edges.length - 2 ? 180 : edges[at + 1]];
}

/** @param {{ title: string, names: string[], performer: number[], donor: number[] }} props */
function Bars({ title, names, performer, donor }) {
  const share = (/** @type {number[]} */ counts) => {
    const most = Math.max(1, ...counts);
    return counts.map((count) => (count ? 0.08 + 0.92 * Math.sqrt(count / most) : 0));
  };
  return html`<figure class="bars"><figcaption>${title}, from 0 to 1</figcaption>
    ${[performer, donor].map((counts, who) => html`<div class="row"><span class="quiet">${names[who]}</span>
      <div class="bar-row" role="img" aria-label="${names[who]}: ${counts.join(", ")} faces">${share(counts).map((height, at) => html`<span title="${counts[at]} faces"><i style=${{ height: `${height * 100}%` }}></i></span>`)}</div></div>`)}
  </figure>`;
}
