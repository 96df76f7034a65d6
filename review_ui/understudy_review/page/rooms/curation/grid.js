/** The grid of faces: only what is in sight is drawn, whatever their number. */

import { html, useChange, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../../core/view.js";
import { CHOICES, CHOSEN, DROPPED, selectionAfter } from "./faces.js";
import { FacePictures } from "./face_pictures.js";

const GAP_PX = 6;
const HEADING_PX = 34;
const BEYOND_PX = 300; // drawn above and below what is in sight
const SIGNS = ["", "✓", "✕", "…", "?", "▐", "≈", "=", "+"];

/** @typedef {{ top: number, height: number, heading: string, faces: number[] }} Row */

/** @param {{ faces: import("./faces.js").PersonFaces, shown: number[], view: import("./faces.js").View, sizePx: number }} props */
export function Grid({ faces, shown, view, sizePx }) {
  const columns = /** @type {import("./faces.js").Columns} */ (faces.columns);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [sight, setSight] = useState({ top: 0, height: 600, width: 900 });
  const [focus, setFocus] = useState(0);
  const anchor = useRef(0);
  const pictures = useMemo(() => new FacePictures(faces.production.place, sizePx > 130 ? 192 : sizePx > 70 ? 128 : 64), [faces, sizePx > 130, sizePx > 70]);
  useEffect(() => () => pictures.close(), [pictures]);
  useChange(pictures, "change");
  const marquee = useMarquee(box, (area) => faces.select(new Set(facesWithin(rows, area, sizePx))));

  const perRow = Math.max(1, Math.floor((sight.width - GAP_PX) / (sizePx + GAP_PX)));
  const rows = useMemo(() => rowsOf(columns, shown, view, perRow, sizePx), [columns, shown, view.grouped, perRow, sizePx]);
  const visible = rows.filter((row) => row.top + row.height > sight.top - BEYOND_PX && row.top < sight.top + sight.height + BEYOND_PX);
  const seen = visible.flatMap((row) => row.faces);
  useEffect(() => pictures.want(seen.map((face) => ({ shot_id: columns.shot_ids[columns.shots[face]], frame: columns.frames[face], track: columns.tracks[face] }))),
    [pictures, seen.join()]);
  useLayoutEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    const measure = () => setSight({ top: element.scrollTop, height: element.clientHeight, width: element.clientWidth });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, []);

  /** @param {number} to  @param {{ shift?: boolean, control?: boolean }} keys */
  const move = (to, keys) => {
    const at = Math.min(shown.length - 1, Math.max(0, to));
    setFocus(at);
    if (!keys.control) faces.select(selectionAfter(faces.selected, shown, at, keys.shift ? anchor.current : at, { shift: keys.shift }));
    if (!keys.shift) anchor.current = at;
    const row = rows.find((one) => one.faces.includes(shown[at]));
    const element = /** @type {HTMLDivElement} */ (box.current);
    if (row && row.top < element.scrollTop) element.scrollTop = row.top - GAP_PX;
    if (row && row.top + row.height > element.scrollTop + element.clientHeight) element.scrollTop = row.top + row.height - element.clientHeight + GAP_PX;
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const keys = { shift: event.shiftKey, control: event.ctrlKey || event.metaKey };
    const page = perRow * Math.max(1, Math.floor(sight.height / (sizePx + GAP_PX)));
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: perRow, ArrowUp: -perRow, PageDown: page, PageUp: -page, Home: -shown.length, End: shown.length });
    if (event.key in steps) move(focus + steps[event.key], keys);
    else if (event.key === " ") faces.select(selectionAfter(faces.selected, shown, focus, anchor.current, { control: true }));
    else if (event.key.toUpperCase() === "A" && keys.control) faces.select(new Set(shown));
    else if (event.key === "Escape") faces.select(new Set());
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const onClick = (/** @type {MouseEvent} */ event) => {
    const face = Number(/** @type {HTMLElement} */ (event.target).closest?.("[data-face]")?.getAttribute("data-face") ?? NaN);
    if (Number.isNaN(face) || marquee.dragged()) return;
    const at = shown.indexOf(face);
    const keys = { shift: event.shiftKey, control: event.ctrlKey || event.metaKey };
    faces.select(selectionAfter(faces.selected, shown, at, anchor.current, keys));
    if (!keys.shift) anchor.current = at;
    setFocus(at);
  };

  const last = rows[rows.length - 1];
  return html`<div class="faces" ref=${box} role="listbox" aria-multiselectable="true" aria-label="Faces" tabindex="0"
      aria-activedescendant=${seen.includes(shown[focus]) ? `face-${shown[focus]}` : null} onKeyDown=${onKeyDown} onClick=${onClick} ...${marquee.handlers}>
    <div class="faces-inner" role="presentation" style=${{ height: `${last ? last.top + last.height + GAP_PX : 0}px` }}>
      ${visible.map((row) => row.heading ? html`<div key=${row.heading} class="faces-heading" role="presentation" style=${{ top: `${row.top}px` }}>${row.heading}</div>`
        : row.faces.map((face, at) => html`<${Face} key=${face} columns=${columns} face=${face} picture=${pictures.at(columns.shot_ids[columns.shots[face]], columns.frames[face], columns.tracks[face])}
            left=${GAP_PX + at * (sizePx + GAP_PX)} top=${row.top} sizePx=${sizePx} selected=${faces.selected.has(face)} focused=${shown[focus] === face} />`))}
      ${marquee.area && html`<div class="marquee" role="presentation" style=${{ left: `${marquee.area.x}px`, top: `${marquee.area.y}px`, width: `${marquee.area.width}px`, height: `${marquee.area.height}px` }}></div>`}
    </div>
  </div>`;
}

/**
 * @param {{ columns: import("./faces.js").Columns, face: number, picture: import("./face_pictures.js").Place | null, left: number, top: number,
 *   sizePx: number, selected: boolean, focused: boolean }} props
 */
function Face({ columns, face, picture, left, top, sizePx, selected, focused }) {
  const choice = columns.choices[face];
  const words = faceInWords(columns, face);
  const background = picture ? {
    backgroundImage: `url(${picture.url})`, backgroundSize: `${picture.columns * sizePx}px ${picture.rows * sizePx}px`,
    backgroundPosition: `${-picture.column * sizePx}px ${-picture.row * sizePx}px`,
  } : {};
  return html`<div id="face-${face}" data-face=${face} role="option" aria-selected=${selected} aria-label=${words} title=${words}
      class="face ${choice === CHOSEN ? "" : choice === DROPPED ? "dropped" : "left-out"} ${focused ? "focused" : ""}"
      style=${{ left: `${left}px`, top: `${top}px`, width: `${sizePx}px`, height: `${sizePx}px`, ...background }}>
    ${choice !== CHOSEN && html`<span class="sign" aria-hidden="true">${SIGNS[choice]}</span>`}
  </div>`;
}

/** All that is known of a face, in words. @param {import("./faces.js").Columns} columns  @param {number} face */
export function faceInWords(columns, face) {
  const number = (/** @type {string} */ name, digits = 2) => columns[name][face]?.toFixed(digits) ?? "unknown";
  return `frame ${columns.frames[face]}, ${CHOICES[columns.choices[face]]}; turned ${number("yaw_deg", 0)}°, nodded ${number("pitch_deg", 0)}°, `
    + `mouth open ${number("mouth_open")}, eyes closed ${number("eyes_closed")}, smile ${number("smile")}, sharpness ${number("sharpness")}, likeness ${number("likeness")}`;
}

/**
 * Rows of faces with their places, and headings where a group begins.
 * @param {import("./faces.js").Columns} columns  @param {number[]} shown  @param {import("./faces.js").View} view
 * @param {number} perRow  @param {number} sizePx  @returns {Row[]}
 */
export function rowsOf(columns, shown, view, perRow, sizePx) {
  const group = view.grouped === "shot" ? columns.shots : view.grouped === "choice" ? columns.choices : null;
  const rows = /** @type {Row[]} */ ([]);
  let top = GAP_PX;
  for (let at = 0; at < shown.length;) {
    const begins = group && (at === 0 || group[shown[at]] !== group[shown[at - 1]]);
    if (group && begins) {
      const count = shown.filter((face) => group[face] === group[shown[at]]).length;
      const name = view.grouped === "shot" ? `shot ${columns.shots[shown[at]] + 1}` : CHOICES[columns.choices[shown[at]]];
      rows.push({ top, height: HEADING_PX, heading: `${name}: ${count} faces`, faces: [] });
      top += HEADING_PX;
    }
    let end = at + 1;
    while (end < shown.length && end - at < perRow && (!group || group[shown[end]] === group[shown[at]])) end++;
    rows.push({ top, height: sizePx, heading: "", faces: shown.slice(at, end) });
    top += sizePx + GAP_PX;
    at = end;
  }
  return rows;
}

/** @param {Row[]} rows  @param {{ x: number, y: number, width: number, height: number }} area  @param {number} sizePx */
function facesWithin(rows, area, sizePx) {
  return rows.filter((row) => row.top < area.y + area.height && row.top + row.height > area.y).flatMap((row) => row.faces.filter((_, at) => {
    const left = GAP_PX + at * (sizePx + GAP_PX);
    return left < area.x + area.width && left + sizePx > area.x;
  }));
}

/** Dragging a frame around faces. @param {{ current: HTMLDivElement | null }} box  @param {(area: { x: number, y: number, width: number, height: number }) => void} select */
function useMarquee(box, select) {
  const [area, setArea] = useState(/** @type {{ x: number, y: number, width: number, height: number } | null} */ (null));
  const from = useRef(/** @type {{ x: number, y: number } | null} */ (null));
  const moved = useRef(false);
  const place = (/** @type {PointerEvent} */ event) => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    const bounds = element.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top + element.scrollTop };
  };
  return {
    area,
    dragged: () => moved.current,
    handlers: {
      onPointerDown: (/** @type {PointerEvent} */ event) => {
        if (event.button !== 0 || event.pointerType === "touch") return;
        from.current = place(event);
        moved.current = false;
      },
      onPointerMove: (/** @type {PointerEvent} */ event) => {
        if (!from.current) return;
        const to = place(event);
        if (!moved.current && Math.hypot(to.x - from.current.x, to.y - from.current.y) < 8) return;
        if (!moved.current) box.current?.setPointerCapture(event.pointerId);
        moved.current = true;
        const next = { x: Math.min(from.current.x, to.x), y: Math.min(from.current.y, to.y), width: Math.abs(to.x - from.current.x), height: Math.abs(to.y - from.current.y) };
        setArea(next);
        select(next);
      },
      onPointerUp: () => {
        from.current = null;
        setArea(null);
      },
      onPointerCancel: () => {
        from.current = null;
        setArea(null);
      },
    },
  };
}
