/** Thumbnails of the shot's frames with their state; only those in sight are in the page. */

import { html, useChange, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../core/view.js";
import { FLAG, TAKE_FRAME } from "../core/types.js";
import { FILTERS, framesOfFilter, placeOf } from "./filters.js";
import { markOf } from "./marks.js";
import { frameWords } from "./words.js";

const GAP_PX = 5;
const LEAST_PX = 46; // wide enough for a frame's number
const RUN = 16; // frames that are fetched together
const MORE = 4; // places drawn on either side of what is seen
const REST_MS = 70; // scrolling slower than this fetches
const SIGNS = /** @type {Record<string, string>} */ ({ approved: "✓", flagged: "⚑", hold_plate: "‖" });

/**
 * @param {{ shot: import("../core/shot.js").OpenShot, trouble: import("./trouble.js").Trouble,
 *   thumbs: import("./thumbnails.js").Thumbnails, source: "plate" | "take", filter: string, step: number, height: number }} props
 */
export function Filmstrip({ shot, trouble, thumbs, source, filter, step, height }) {
  const scroller = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [left, setLeft] = useState(0);
  const [wide, setWide] = useState(1200);
  const [changes, setChanges] = useState(0);
  useChange(shot, "frame");
  useChange(thumbs, "change");
  useEffect(() => {
    const heard = () => setChanges((count) => count + 1);
    for (const name of ["timeline", "take"]) shot.addEventListener(name, heard);
    trouble.addEventListener("change", heard);
    return () => {
      for (const name of ["timeline", "take"]) shot.removeEventListener(name, heard);
      trouble.removeEventListener("change", heard);
    };
  }, [shot, trouble]);

  const frames = useMemo(() => framesOfFilter(shot, trouble, filter, step), [shot, filter, step, changes]);
  const width = Math.round(height * aspectOf(shot.plate));
  const size = { width, height, place: Math.max(width, LEAST_PX) };
  const pitch = size.place + GAP_PX;
  const from = Math.max(0, Math.floor(left / pitch) - MORE);
  const to = Math.min(frames.length, Math.ceil((left + wide) / pitch) + MORE);
  useScroll(scroller, setLeft, setWide);
  useFollow(shot, scroller, frames, pitch, `${filter} ${step}`);
  useFetch(thumbs, { source, frames, from: from + MORE, to: to - MORE, height, changes });

  const here = placeOf(frames, shot.frame);
  const drawn = useRef(/** @type {Map<number, { said: string, node: unknown }>} */ (new Map()));
  const before = drawn.current;
  drawn.current = new Map();
  const shown = [];
  for (let place = from; place < to; place++) { // a thumbnail that is as before is not looked at again
    const frame = frames[place];
    const thumb = thumbs.of(source, frame, fetched(height));
    const said = [place, frames.length, height, thumb?.url, thumb?.place, changes, frame === shot.frame].join();
    const same = before.get(frame);
    const node = same?.said === said ? same.node : html`<${Thumb} key=${frame} frame=${frame} shot=${shot} x=${place * pitch}
      size=${size} thumb=${thumb} trouble=${trouble} place=${place} count=${frames.length} />`;
    drawn.current.set(frame, { said, node });
    shown.push(node);
  }
  return html`<div class="filmstrip" ref=${scroller} role="listbox" tabindex="0" aria-orientation="horizontal"
      aria-label="Filmstrip, ${FILTERS[filter]?.title ?? ""}" aria-activedescendant=${here >= from && here < to ? `thumb-${frames[here]}` : null}
      style=${{ height: `calc(${height}px + 2.6rem)` }} onKeyDown=${(/** @type {KeyboardEvent} */ event) => keyed(event, shot, frames, wide, pitch)}>
    ${!frames.length && html`<p class="filmstrip-none quiet" role="option" aria-selected="false">No frame: ${FILTERS[filter]?.title.toLowerCase()}</p>`}
    <div class="filmstrip-all" role="presentation" style=${{ width: `${frames.length * pitch}px` }}>
      ${shown}
    </div>
  </div>`;
}

/**
 * @param {{ frame: number, shot: import("../core/shot.js").OpenShot, x: number, size: { width: number, height: number, place: number },
 *   thumb: import("./thumbnails.js").Thumb | null, trouble: import("./trouble.js").Trouble, place: number, count: number }} props
 */
function Thumb({ frame, shot, x, size, thumb, trouble, place, count }) {
  const at = frame - shot.range.first;
  const mark = markOf(shot, frame);
  const worry = trouble.of(frame);
  const flags = shot.timeline.flags[at];
  const state = { [TAKE_FRAME.missing]: "missing", [TAKE_FRAME.changed]: "changed", [TAKE_FRAME.current]: "current" }[shot.takeState(frame)] ?? "";
  const picture = thumb && {
    backgroundImage: `url(${thumb.url})`, backgroundSize: `${thumb.count * size.width}px ${size.height}px`,
    backgroundPosition: `${-thumb.place * size.width}px 0`,
  };
  return html`<div class="thumb ${state} ${frame === shot.frame ? "here" : ""}" id="thumb-${frame}" role="option"
      aria-selected=${frame === shot.frame} aria-posinset=${place + 1} aria-setsize=${count} aria-label=${frameWords(shot, frame)}
      title=${frameWords(shot, frame)} style=${{ transform: `translateX(${x}px)`, width: `${size.place}px` }}
      onPointerDown=${() => shot.goTo(frame)}>
    <div class="thumb-picture" style=${{ height: `${size.height}px`, width: `${size.width}px`, ...picture }}>
      ${SIGNS[mark] && html`<span class="thumb-mark ${mark}">${SIGNS[mark]}</span>`}
      ${shot.timeline.notes[frame]?.note && html`<span class="thumb-note">✎</span>`}
      ${flags & (FLAG.strokes | FLAG.shapeKey | FLAG.alignmentKey) ? html`<span class="thumb-key">◆</span>` : null}
    </div>
    <div class="thumb-line number"><span>${frame}</span>
      ${worry >= 0 && size.place > 60 && html`<span class=${worry >= trouble.threshold ? "bad" : "quiet"}>${worry.toFixed(2)}</span>`}</div>
  </div>`;
}

/**
 * How far it is scrolled and how wide it is; the wheel scrolls sideways.
 * @param {{ current: HTMLDivElement | null }} scroller  @param {(left: number) => void} setLeft  @param {(wide: number) => void} setWide
 */
function useScroll(scroller, setLeft, setWide) {
  useLayoutEffect(() => {
    const box = /** @type {HTMLDivElement} */ (scroller.current);
    const scrolled = () => setLeft(box.scrollLeft);
    const wheel = (/** @type {WheelEvent} */ event) => {
      if (event.ctrlKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) return;
      event.preventDefault();
      box.scrollLeft += event.deltaY;
    };
    const sized = new ResizeObserver(() => setWide(box.clientWidth));
    sized.observe(box);
    box.addEventListener("scroll", scrolled, { passive: true });
    box.addEventListener("wheel", wheel, { passive: false });
    return () => {
      sized.disconnect();
      box.removeEventListener("scroll", scrolled);
      box.removeEventListener("wheel", wheel);
    };
  }, []);
}

/**
 * The frame in hand stays in sight; who scrolls away from it stays there until another frame is taken.
 * @param {import("../core/shot.js").OpenShot} shot  @param {{ current: HTMLDivElement | null }} scroller  @param {number[]} frames  @param {number} pitch  @param {string} shown
 */
function useFollow(shot, scroller, frames, pitch, shown) {
  useLayoutEffect(() => {
    const box = /** @type {HTMLDivElement} */ (scroller.current);
    const x = placeOf(frames, shot.frame) * pitch;
    const seen = x >= box.scrollLeft && x + pitch <= box.scrollLeft + box.clientWidth;
    if (!seen) box.scrollLeft = x - (box.clientWidth - pitch) / 2;
  }, [shot.frame, pitch, shown]);
}

/**
 * Fetch what is in sight once scrolling rests, then what lies beside it.
 * @param {import("./thumbnails.js").Thumbnails} thumbs
 * @param {{ source: "plate" | "take", frames: number[], from: number, to: number, height: number, changes: number }} seen
 */
function useFetch(thumbs, { source, frames, from, to, height, changes }) {
  const first = Math.max(0, Math.floor(from / RUN));
  const last = Math.floor(Math.max(0, Math.min(frames.length, to) - 1) / RUN);
  useEffect(() => {
    const waiting = setTimeout(() => {
      const order = [];
      for (let run = first; run <= last; run++) order.push(run);
      order.push(last + 1, first - 1);
      const runs = order.filter((run) => run >= 0).map((run) => frames.slice(run * RUN, (run + 1) * RUN)).filter((some) => some.length);
      thumbs.want(source, runs, fetched(height));
    }, REST_MS);
    return () => clearTimeout(waiting);
  }, [thumbs, source, frames, first, last, height, changes]);
}

/** Pictures are fetched in few sizes, so that most stay useful when the size changes. @param {number} height */
function fetched(height) {
  const sharp = height * Math.min(2, devicePixelRatio);
  return [64, 96, 144, 256].find((size) => size >= sharp) ?? 256;
}

/** Thumbnails of one size cover about as much, whatever their format. @param {number} size  @param {import("../core/types.js").Plate} plate */
export function stripHeight(size, plate) {
  return Math.round(size * Math.min(1.8, Math.max(1, Math.sqrt(16 / 9 / aspectOf(plate)))));
}

/** Width over height as it is shown. @param {import("../core/types.js").Plate} plate */
export function aspectOf(plate) {
  const [numerator, denominator] = String(plate.pixel_aspect || "1").split(/[/:]/).map(Number);
  const aspect = (plate.width / plate.height) * (numerator / (denominator || 1) || 1);
  return Math.min(4, Math.max(0.25, aspect));
}

/** @param {KeyboardEvent} event  @param {import("../core/shot.js").OpenShot} shot  @param {number[]} frames  @param {number} wide  @param {number} pitch */
function keyed(event, shot, frames, wide, pitch) {
  if (event.ctrlKey || event.altKey || event.metaKey || !frames.length) return;
  const here = placeOf(frames, shot.frame);
  const page = Math.max(1, Math.floor(wide / pitch) - 1);
  const back = shot.frame > frames[here] ? 0 : 1; // between two frames of the strip: the one before it comes first
  const moves = /** @type {Record<string, number>} */ ({
    ArrowRight: here + (shot.frame < frames[here] ? 0 : 1), ArrowDown: here + 1, ArrowLeft: here - back, ArrowUp: here - back,
    PageDown: here + page, PageUp: here - page, Home: 0, End: frames.length - 1,
  });
  if (moves[event.key] === undefined) return;
  event.preventDefault();
  shot.goTo(frames[Math.min(frames.length - 1, Math.max(0, moves[event.key]))]);
}
