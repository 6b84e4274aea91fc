import type { MeasuredAxis } from "./results.ts";
import { layPanel, type Measured, type Placed } from "./panel.ts";

const COLUMNS = 3;
const PANEL = { width: 280, height: 170 };
const MARGIN = { left: 56, right: 24, top: 44, bottom: 64 };
/** From the edges of a panel to its first and last point: their numbers have to fit. */
const INSET = 20;
const TOP = 64;
const SYSTEM = "#0b5394";
const BROKER = "#9ec5e8";
const FAR = "#b3261e";
/** Lower areas have no place for a number. */
const LABEL_HEIGHT = 18;

/** One panel an axis: processor time per record, the system's below, the broker's on top of it. */
export function growthPlot(axes: readonly MeasuredAxis[]): string {
  const [width, height] = [MARGIN.left + PANEL.width + MARGIN.right, MARGIN.top + PANEL.height + MARGIN.bottom];
  const columns = Math.max(1, Math.min(COLUMNS, axes.length));
  const [all, down] = [columns * width, TOP + Math.ceil(axes.length / columns) * height];
  const panels = axes.map((axis, i) => {
    const [x, y] = [(i % columns) * width + MARGIN.left, TOP + Math.floor(i / columns) * height + MARGIN.top];
    return `<g transform="translate(${x} ${y})">${panelOf(axis)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${all}" height="${down}" viewBox="0 0 ${all} ${down}" font-family="sans-serif" font-size="11">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${MARGIN.left}" y="26" font-size="15" font-weight="bold">How cost grows: CPU µs per record</text>`,
    ...legend(),
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

function legend(): string[] {
  const y = 40;
  return [
    `<rect x="${MARGIN.left}" y="${y}" width="12" height="12" fill="${SYSTEM}"/><text x="${MARGIN.left + 17}" y="${y + 10}">weir-fused</text>`,
    `<rect x="${MARGIN.left + 90}" y="${y}" width="12" height="12" fill="${BROKER}"/><text x="${MARGIN.left + 107}" y="${y + 10}">broker</text>`,
    `<text x="${MARGIN.left + 160}" y="${y + 10}">above: both together; <tspan fill="${FAR}">red: times the point before</tspan></text>`,
  ];
}

function panelOf({ axis, finished, steps }: MeasuredAxis): string {
  const measured = axis.points.flatMap(({ at }, i): (Measured & { ratio: number | null })[] => {
    const [point, step] = [finished[i], steps[i]];
    return point ? [{ at, system: point.cpuMicros, broker: point.brokerMicros, ratio: step?.isFar ? step.ratio : null }] : [];
  });
  const { points, ticks } = layPanel(measured, { ...PANEL, inset: INSET, isLogarithmic: axis.isLogarithmic });
  const line = (from: number, to: number, y: number): string => `<line x1="${from}" x2="${to}" y1="${px(y)}" y2="${px(y)}" stroke="#ddd"/>`;
  return [
    ...ticks.map(({ micros, y }) => `${line(0, PANEL.width, y)}${text({ x: -8, y: y + 4, anchor: "end" }, plain(micros))}`),
    area(points, (p) => p.sumY, (p) => p.systemY, BROKER), // prettier-ignore
    area(points, (p) => p.systemY, () => PANEL.height, SYSTEM), // prettier-ignore
    ...points.map((point, i) => numbersAt(point, points[i - 1] ?? null, measured[i]?.ratio ?? null)),
    ...points.map((point, i) => numberInside(point, i === 0 ? "start" : i === points.length - 1 ? "end" : "middle")),
    text({ x: 0, y: -26, anchor: "start", weight: "bold" }, axis.title[0]?.toUpperCase() + axis.title.slice(1)),
    text({ x: -30, y: -10, anchor: "start" }, "µs per record"),
    text({ x: PANEL.width / 2, y: PANEL.height + 47 }, `${axis.counts}${axis.isLogarithmic ? " (logarithmic)" : ""}`),
  ].join("");
}

function area(points: readonly Placed[], top: (p: Placed) => number, bottom: (p: Placed) => number, fill: string): string {
  if (points.length === 0) return "";
  const corners = [...points.map((p) => `${px(p.x)},${px(top(p))}`), ...points.toReversed().map((p) => `${px(p.x)},${px(bottom(p))}`)];
  return `<polygon points="${corners.join(" ")}" fill="${fill}"/>`;
}

/** Sum above the point, what the point is called below, and how far it is from the one before. */
function numbersAt(point: Placed, before: Placed | null, ratio: number | null): string {
  const { x, sumY, system, broker, at } = point;
  const dot = `<circle cx="${px(x)}" cy="${px(sumY)}" r="2.5" fill="#333"/>`;
  const bar = `<line x1="${px(x)}" x2="${px(x)}" y1="${px(sumY)}" y2="${PANEL.height}" stroke="#fff" stroke-opacity="0.4"/>`;
  const far =
    ratio === null || before === null ? "" : text({ x: (x + before.x) / 2, y: PANEL.height + 30, fill: FAR }, `×${figure(ratio)}`);
  return [
    bar,
    dot,
    text({ x, y: sumY - 7, weight: "bold" }, figure(system + broker)),
    text({ x, y: PANEL.height + 15 }, short(at)),
    far,
  ].join("");
}

/** The system's part, within its area; nothing where that is too flat. */
function numberInside({ x, systemY, system }: Placed, anchor: "start" | "middle" | "end"): string {
  if (PANEL.height - systemY < LABEL_HEIGHT) return "";
  const aside = { start: 3, middle: 0, end: -3 }[anchor];
  return text({ x: x + aside, y: systemY + 13, anchor, fill: "#fff" }, figure(system));
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly fill?: string;
  readonly weight?: "bold";
}

function text({ x, y, anchor = "middle", fill = "#222", weight }: Place, words: string): string {
  const bold = weight ? ` font-weight="${weight}"` : "";
  return `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}" fill="${fill}"${bold}>${words}</text>`;
}

const px = (value: number): string => String(Math.round(10 * value) / 10);
const figure = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const plain = (value: number): string => String(Number(value.toPrecision(3)));
const short = (value: number): string => (value >= 1e6 ? `${value / 1e6} M` : value >= 1000 ? value.toLocaleString("en") : String(value));
