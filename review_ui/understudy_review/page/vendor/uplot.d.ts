// Types of the vendored chart library, as far as the page uses it.
export default class uPlot {
  constructor(options: Record<string, any>, data: any, parent: Element);
  setData(data: any, resetScales?: boolean): void;
  setSize(size: { width: number; height: number }): void;
  setScale(name: string, range: { min: number; max: number }): void;
  setCursor(at: { left: number; top: number }): void;
  posToVal(position: number, scale: string): number;
  valToPos(value: number, scale: string, canvasPixels?: boolean): number;
  destroy(): void;
  redraw(): void;
  [name: string]: any;
}
