/** Frames, timecodes and seconds of a plate. Rates are exact fractions, written "24000/1001". */

/** @param {string} rate  @returns {[number, number]} */
export function fraction(rate) {
  const [numerator, denominator] = rate.split("/").map(Number);
  return [numerator, denominator || 1];
}

/** Frames per second. @param {string} rate */
export function framesPerSecond(rate) {
  const [numerator, denominator] = fraction(rate);
  return numerator / denominator;
}

/** @param {import("./types.js").Plate} plate  @returns {import("./types.js").Range} */
export function framesOf(plate) {
  return { first: plate.first_frame, last: plate.first_frame + plate.last_index - plate.first_index };
}

/** "1001-1010,1015" of sorted frames. @param {number[]} frames */
export function frameList(frames) {
  const runs = /** @type {[number, number][]} */ ([]);
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run && frame === run[1] + 1) run[1] = frame;
    else runs.push([frame, frame]);
  }
  return runs.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** The frames of "1001-1010,1015". @param {string} text  @returns {number[]} */
export function framesIn(text) {
  return text.split(",").filter(Boolean).flatMap((part) => {
    const [, first, last, step] = /^(-?\d+)(?:-(-?\d+))?(?:x(\d+))?$/.exec(part.trim()) ?? [];
    const all = [];
    for (let frame = Number(first); frame <= Number(last ?? first); frame += Number(step ?? 1) || 1) all.push(frame);
    return all;
  });
}

/** Source timecode of a frame, or "" where the plate has none. @param {import("./types.js").Plate} plate  @param {number} frame */
export function timecodeOf(plate, frame) {
  if (!plate.start_timecode) return "";
  const base = Math.round(framesPerSecond(plate.rate));
  const drop = plate.start_timecode.includes(";");
  const count = countOf(plate.start_timecode, base, drop) + plate.first_index + frame - plate.first_frame;
  return written(count, base, drop);
}

/** The frame at a timecode, or null when it is none. @param {import("./types.js").Plate} plate  @param {string} text */
export function frameAtTimecode(plate, text) {
  if (!plate.start_timecode || !/^\d{1,2}:\d{2}:\d{2}[:;]\d{2}$/.test(text)) return null;
  const base = Math.round(framesPerSecond(plate.rate));
  const drop = plate.start_timecode.includes(";");
  const start = countOf(plate.start_timecode, base, drop);
  return countOf(text, base, drop) - start - plate.first_index + plate.first_frame;
}

/** @param {string} timecode  @param {number} base  @param {boolean} drop */
function countOf(timecode, base, drop) {
  const [hours, minutes, seconds, frames] = timecode.split(/[:;]/).map(Number);
  const counted = ((hours * 60 + minutes) * 60 + seconds) * base + frames;
  const whole = hours * 60 + minutes;
  return drop ? counted - (base / 15) * (whole - Math.floor(whole / 10)) : counted;
}

/** @param {number} count  @param {number} base  @param {boolean} drop */
function written(count, base, drop) {
  const perDay = 24 * 3600 * base;
  let number = count;
  if (drop) { // two (at 59.94 four) numbers are left out every minute but each tenth
    const left = base / 15;
    const perTen = 600 * base - 9 * left;
    const tens = Math.floor(count / perTen);
    const rest = count - tens * perTen;
    number += 9 * left * tens + (rest < left ? 0 : left * Math.floor((rest - left) / (60 * base - left)));
  }
  number = ((number % perDay) + perDay) % perDay;
  const two = (/** @type {number} */ value) => String(Math.floor(value)).padStart(2, "0");
  const seconds = Math.floor(number / base);
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${drop ? ";" : ":"}${two(number % base)}`;
}

/** "2 min 5 s". @param {number} seconds */
export function duration(seconds) {
  if (!Number.isFinite(seconds)) return "";
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
