/** Drawing over the lines: levels, marks, and names at the ends of the lines. */
import uPlot from "uplot";
import { endLabels } from "./chart-geometry.ts";
import type { LineChartProps } from "./series.ts";

/** Width to the right of the lines for their names. */
export const LABEL_ROOM_PX = 128;

function isPowerOfTen(value: number): boolean {
  return Number.isInteger(Math.round(Math.log10(value) * 1e6) / 1e6);
}

export const powersOfTen = (_: uPlot, ticks: number[]): (number | null)[] =>
  ticks.map((tick) => (isPowerOfTen(tick) ? tick : null));

export const CANVAS_FONT = "12px system-ui, sans-serif";

/** Draws levels, marks and names over what uPlot drew. */
export function drawNotes(
  self: uPlot,
  { series, lines = [], marks = [] }: LineChartProps,
  colour: (name: string) => string,
  beside: boolean,
): void {
  const { ctx, bbox } = self;
  const ratio = uPlot.pxRatio;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `${12 * ratio}px system-ui, sans-serif`;
  ctx.lineWidth = ratio;
  ctx.setLineDash([2 * ratio, 3 * ratio]);
  ctx.strokeStyle = colour("--muted");
  ctx.fillStyle = colour("--muted");
  for (const line of lines) {
    const y = self.valToPos(line.value, "y", true);
    if (!(y >= bbox.top && y <= bbox.top + bbox.height)) continue;
    stroke(ctx, bbox.left, y, right, y);
    ctx.textAlign = "left";
    // On its outer side, so that the names of two levels near 0 do not lie on each other.
    const under = line.value < 0;
    ctx.textBaseline = under ? "top" : "bottom";
    ctx.fillText(line.name, bbox.left + 6 * ratio, y + (under ? 3 : -2) * ratio);
  }
  let free = 0;
  for (const mark of marks) {
    const at = self.valToPos(mark.x, "x", true);
    if (!(at >= bbox.left && at <= right)) continue;
    stroke(ctx, at, bbox.top, at, bbox.top + bbox.height);
    // Names that would lie on each other are left out here; the key and the table have them.
    const width = ctx.measureText(mark.name).width;
    if (at < free) continue;
    ctx.textAlign = "left";
    ctx.textBaseline = "bottom";
    ctx.fillText(mark.name, at, bbox.top - 4 * ratio);
    free = at + width + 8 * ratio;
  }
  if (beside) {
    const ends = series.flatMap((one, at) => {
      if (one.edge) return [];
      const values = self.data[at + 1] ?? [];
      const last = values.findLastIndex((value) => value !== null && value !== undefined);
      if (last < 0) return [];
      return [
        { name: one.name, colour: one.colour ?? "--ink", y: self.valToPos(Number(values[last]), "y", true) },
      ];
    });
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    for (const end of endLabels(ends, 15 * ratio, bbox.top, bbox.top + bbox.height)) {
      ctx.fillStyle = colour(end.colour);
      ctx.fillText(end.name, right + 8 * ratio, end.y, (LABEL_ROOM_PX - 12) * ratio);
    }
  }
  ctx.restore();
}

function stroke(ctx: CanvasRenderingContext2D, x1: number, y1: number, x2: number, y2: number): void {
  ctx.beginPath();
  ctx.moveTo(x1, y1);
  ctx.lineTo(x2, y2);
  ctx.stroke();
}
