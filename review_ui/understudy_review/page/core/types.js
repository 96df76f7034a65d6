/**
 * The records that travel between the gateway and the page, as JSON. Frames are editorial numbers, positions
 * are pixels of the plate with centres at half-integers, points are flat: x0, y0, x1, y1 ...
 *
 * @typedef {{ key: string, name: string, folder: string, state: "open" | "closed" | "unreachable" }} ProductionCard
 * @typedef {{ id: string, name: string }} Person
 * @typedef {{ id: string, person_id: string, production_id: string, basis: string, uses: string[],
 *   valid_from: string, valid_to: string, description: string, document_sha256: string, reference: string,
 *   footage: [string, string][], revoked_at: string, revoked_why: string }} Consent
 * @typedef {{ path: string, sha256: string, width: number, height: number, rate: string, file_frames: number,
 *   first_index: number, last_index: number, first_frame: number, codec: string, pixel_format: string,
 *   bit_depth: number, rotation_deg: number, pixel_aspect: string, variable_rate: boolean,
 *   start_timecode: string | null, reel: string, audio: object | null }} Plate
 * @typedef {{ id: string, name: string, person_id: string, role: "plate" | "learn", plate: Plate,
 *   faces: string, faces_sha256: string }} Shot
 * @typedef {{ track: number, first: number, last: number, faces: number, filled: number, mean_presence: number }} Track
 * @typedef {{ id: string, name: string, family: string, size_px: number, people: string[], iterations: number }} Model
 * @typedef {{ id: string, shot_id: string, version: number, model_ids: string[], people: string[],
 *   frames: string, job_id: string, marked: boolean }} Take
 * @typedef {{ id: string, kind: string, state: string, spec: Record<string, any>, created_at: string,
 *   attempt: number, error: string, message: string, result: Record<string, any> }} Job
 * @typedef {{ done: number, total: number, unit: string, rate: number, remaining_s: number }} Progress
 * @typedef {{ kind: string, time: string, sequence: number, message: string, error: string, frame: number,
 *   done: number, total: number, values: Record<string, number>, job_id?: string }} JobEvent
 * @typedef {{ kind: string } & Record<string, any>} Action   An edit; its fields are those of the service's edits.
 * @typedef {{ revision: number, author: string, at: string, step: "do" | "undo" | "redo", action: Action | null }} Entry
 * @typedef {{ mark: string, note: string, author: string }} FrameMark
 * @typedef {{ frame: number, track: number, state: number, presence: number, filled: boolean,
 *   square: [number, number, number, number], landmarks: number[] }} SolvedFace   square: centre, side, degrees
 * @typedef {{ name: string, mode: "include" | "exclude", points: number[], curve: "polygon" | "spline",
 *   feather_px: number, keyed: boolean }} Shape
 * @typedef {{ mode: "include" | "exclude", points: number[], radius_px: number, softness: number }} Stroke
 * @typedef {{ expression: string, shapes: Shape[], strokes: Stroke[], layers: { name: string, layer_id: string }[],
 *   settings: Record<string, number | string>, strength: number, hold: boolean, matte: string }} FramePlan
 * @typedef {{ revision: number, faces: SolvedFace[], plan: FramePlan, mark: FrameMark | null }} SolvedFrame
 * @typedef {{ name: string, type: "number" | "integer" | "switch" | "word" | "list", default_json: string,
 *   choices: string[], least: number | null, most: number | null, help: string, adjustable: boolean }} Setting
 * @typedef {{ frame: number, trouble: number, reasons: string[], values: Record<string, number> }} FrameMeasure
 * @typedef {{ first: number, last: number }} Range   Both ends included.
 */

/** Where a face's alignment comes from, by number. */
export const FACE_STATES = ["machine", "smoothed", "interpolated", "keyed"];
/** Where a frame's matte comes from, by number. */
export const MATTE_STATES = ["machine", "propagated", "interpolated", "keyed"];
/** What an artist said of a frame, by number. */
export const MARKS = ["none", "approved", "flagged", "hold_plate"];
/** What is on a frame of the timeline, by bit. */
export const FLAG = { strokes: 1, shapeKey: 2, alignmentKey: 4, settings: 8, strengthKey: 16, held: 32, layer: 64 };
/** How a curve goes from one key to the next, with an artist's word. */
export const INTERPOLATIONS = [["linear", "straight"], ["hermite", "smooth"], ["hold", "held"]];
/** How a take stands with a frame, by number. */
export const TAKE_FRAME = { none: 0, missing: 1, current: 2, changed: 3 };

/** The plan of a frame nobody touched. */
export const DEFAULT_PLAN = /** @type {FramePlan} */ ({
  expression: "face + keep - cut", shapes: [], strokes: [], layers: [], settings: {}, strength: 1, hold: false,
  matte: "machine",
});

/** "v003". @param {{ version: number } | null} take */
export function takeName(take) {
  return take ? `v${String(take.version).padStart(3, "0")}` : "";
}
