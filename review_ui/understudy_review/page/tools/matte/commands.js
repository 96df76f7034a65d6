/** The keys of the matte tool. They hold while it is in hand. */

import { useCommands } from "../../core/view.js";

const SIZE_STEP = 1.15;
const SOFT_STEP = 0.05;
const ARROWS = /** @type {[string, number, number, string][]} */ ([
  ["ArrowLeft", -1, 0, "left"], ["ArrowRight", 1, 0, "right"], ["ArrowUp", 0, -1, "up"], ["ArrowDown", 0, 1, "down"],
]);

/** @param {import("./desk.js").MatteDesk} desk  @param {() => void} propagate */
export function useMatteCommands(desk, propagate) {
  useCommands(() => commandsOf(desk, propagate), [desk, propagate]);
}

/** @param {import("./desk.js").MatteDesk} desk  @param {() => void} propagate  @returns {import("../../core/keys.js").Command[]} */
function commandsOf(desk, propagate) {
  const { shot, shapeTool, shapes } = desk;
  const inTool = () => shot.tool === "matte";
  const inBrush = () => inTool() && desk.mode === "brush";
  const inShapes = () => inTool() && desk.mode !== "brush";
  /** @param {string} id  @param {string} title  @param {string[]} keys  @param {() => void} run  @param {Partial<import("../../core/keys.js").Command>} [more] */
  const command = (id, title, keys, run, more = {}) => ({ id: `matte.${id}`, title, group: "Mattes", keys, run, when: inTool, ...more });
  const size = (/** @type {number} */ by) => desk.setBrush({ radius: desk.brush.radius * by });
  const soft = (/** @type {number} */ by) => desk.setBrush({ softness: desk.brush.softness + by });
  const from = (/** @type {number} */ frame) => desk.try(desk.copyFrom(frame));
  return [
    command("brush", "Brush", ["B"], () => desk.setMode("brush")),
    command("polygon", "Polygon", ["P"], () => desk.setMode("polygon")),
    command("spline", "Spline", ["Shift+P"], () => desk.setMode("spline")),
    command("edit", "Edit shapes", ["A"], () => desk.setMode("edit")),
    command("eraser", "Eraser on or off (hold Alt to erase meanwhile)", ["Shift+E"], () => desk.set({ eraser: !desk.eraser })),
    command("switch", "Include or exclude", ["Q"], () => desk.switchMode()),
    command("smaller", "Smaller brush", ["-"], () => size(1 / SIZE_STEP), { repeats: true, when: inBrush }),
    command("larger", "Larger brush", ["="], () => size(SIZE_STEP), { repeats: true, when: inBrush }),
    command("size", "Brush size by moving the pointer (hold)", ["S"], () => desk.brushTool.beginSizing(), { release: () => desk.brushTool.endSizing(), when: inBrush }),
    command("harder", "Harder edge", ["_", "Shift+-"], () => soft(-SOFT_STEP), { repeats: true, when: inBrush }),
    command("softer", "Softer edge", ["+", "Shift+="], () => soft(SOFT_STEP), { repeats: true, when: inBrush }),
    command("close", "Close the shape that is drawn", ["Enter"], () => shapeTool.close(), { when: () => inTool() && shapeTool.drawing !== null }),
    command("drop", "Drop what is being drawn", ["Escape"], () => drop(desk), { when: inTool }),
    command("remove", "Remove points, or the shape", ["Delete", "Backspace"], () => shapeTool.remove(), { when: inShapes }),
    command("grab", "Move what is selected with the pointer", ["G"], () => shapeTool.grab(), { when: inShapes }),
    command("all", "Select all points of the shape", ["Ctrl+A"], () => selectAll(desk), { when: () => inShapes() && shapes.inHand !== null }),
    command("point.next", "Take the next point in hand", [";"], () => selectNext(desk, 1), { repeats: true, when: () => inShapes() && shapes.inHand !== null }),
    command("point.previous", "Take the previous point in hand", ["'"], () => selectNext(desk, -1), { repeats: true, when: () => inShapes() && shapes.inHand !== null }),
    ...ARROWS.flatMap(([arrow, x, y, side]) => [[1, "", 1], [10, "Shift+", 10]].map(([by, shift]) =>
      command(`nudge.${side}.${by}`, `Move what is selected ${side} by ${by} px`, [`Alt+${shift}${arrow}`], () => shapeTool.nudge(x * Number(by), y * Number(by)), {
        repeats: true, when: () => inShapes() && shapes.inHand !== null,
      }))),
    command("copy", "Copy what is drawn on this frame", ["Ctrl+C"], () => desk.try(desk.copy())),
    command("paste", "Paste it on this frame", ["Ctrl+V"], () => desk.try(desk.paste())),
    command("previous", "Copy from the previous frame", ["Shift+C"], () => from(shot.frame - 1)),
    command("next", "Copy from the next frame", ["Shift+V"], () => from(shot.frame + 1)),
    command("propagate", "Propagate both ways", ["T"], propagate),
  ];
}

/** @param {import("./desk.js").MatteDesk} desk */
function drop(desk) {
  if (desk.mask.stroke) return desk.mask.drop();
  if (!desk.shapeTool.drop()) desk.shapes.select("");
}

/** @param {import("./desk.js").MatteDesk} desk  @param {number} by */
function selectNext({ shapes }, by) {
  const shape = shapes.inHand;
  if (!shape) return;
  const count = shape.points.length / 2;
  const [at] = shapes.points;
  shapes.select(shape.name, [at === undefined ? 0 : (at + by + count) % count]);
}

/** @param {import("./desk.js").MatteDesk} desk */
function selectAll({ shapes }) {
  const shape = shapes.inHand;
  if (shape) shapes.select(shape.name, Array.from({ length: shape.points.length / 2 }, (_, at) => at));
}
