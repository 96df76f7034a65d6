/** Turns a matte's JPEG into one byte a pixel, away from the page's own thread. */

const ROWS = 256; // read back at a time

addEventListener("message", async ({ data: { id, blob } }) => {
  try {
    const bitmap = await createImageBitmap(blob);
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
    const plane = new Uint8Array(width * height);
    for (let y = 0; y < height; y += ROWS) {
      const rows = Math.min(ROWS, height - y);
      const pixels = context.getImageData(0, y, width, rows).data;
      for (let from = 1, to = y * width; from < pixels.length; from += 4, to++) plane[to] = pixels[from];
    }
    postMessage({ id, width, height, data: plane }, { transfer: [plane.buffer] });
  } catch (error) {
    postMessage({ id, error: String(error) });
  }
});
