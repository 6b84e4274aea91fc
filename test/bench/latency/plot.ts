import { thousands } from "../report.ts";
import type { Line, Measured } from "./plan.ts";

const WIDTH = 760;
const LEFT = 60;
const RIGHT = 150;
const PANEL = 300;
const TOP = 34;
const BOTTOM = 30;
const MARKS = [
  ["p50", "p50"],
  ["p90", "p90"],
  ["p99", "p99"],
  ["p999", "p99.9"],
  ["max", "max"],
] as const satisfies readonly (readonly [keyof Measured, string])[];
const OURS = ["#0b5394", "#3d85c6", "#76a5d8"];
const OTHERS = ["#b45f06", "#38761d", "#741b47", "#7f6000", "#666666"];

interface Curve {
  readonly system: string;
  readonly values: readonly number[];
}

/** Percentiles by system on a logarithmic scale, a panel a rate. */
export function plotOf(lines: readonly Line[]): string {
  const finals = lines.filter((line) => !line.isTrial && line.measured !== null);
  const rates = [...new Set(finals.map((line) => line.rate))].sort((a, b) => a - b);
  const colours = coloursOf([...new Set(finals.map((line) => line.system))]);
  const panels = rates.map((rate, i) => {
    const curves = finals.flatMap(({ rate: own, system, measured }): Curve[] =>
      own === rate && measured !== null ? [{ system, values: MARKS.map(([key]) => measured[key]) }] : [],
    );
    return `<g transform="translate(0,${i * PANEL})">${panel(rate, curves, colours)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${Math.max(1, rates.length) * PANEL}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    ...panels,
    "</svg>",
    "",
  ].join("\n");
}

function coloursOf(systems: readonly string[]): ReadonlyMap<string, string> {
  const ours = systems.filter((system) => system.startsWith("weir"));
  const others = systems.filter((system) => !system.startsWith("weir"));
  const painted = (names: readonly string[], colours: readonly string[]): [string, string][] =>
    names.map((name, i) => [name, colours[i % colours.length] ?? "#000"]);
  return new Map([...painted(ours, OURS), ...painted(others, OTHERS)]);
}

function panel(rate: number, curves: readonly Curve[], colours: ReadonlyMap<string, string>): string {
  const all = curves.flatMap((curve) => curve.values).map((value) => Math.max(value, 0.1));
  const low = Math.floor(Math.log10(Math.min(...all)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...all))));
  const x = (i: number): number => LEFT + (i * (WIDTH - LEFT - RIGHT)) / (MARKS.length - 1);
  const y = (ms: number): number => PANEL - BOTTOM - ((PANEL - TOP - BOTTOM) * (Math.log10(Math.max(ms, 0.1)) - low)) / (high - low);
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return [
    `<text x="${LEFT}" y="18">${thousands(rate)} records/s, Poisson: milliseconds from intended sending to read_committed, logarithmic</text>`,
    ...decades.map(
      (ms) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(ms)}" y2="${y(ms)}" stroke="#ddd"/><text x="${LEFT - 8}" y="${y(ms) + 4}" text-anchor="end">${ms}</text>`,
    ),
    ...MARKS.map(([, name], i) => `<text x="${x(i)}" y="${PANEL - BOTTOM + 18}" text-anchor="middle">${name}</text>`),
    ...curves.map((curve, at) => drawn(curve, colours.get(curve.system) ?? "#000", { x, y, label: labelPlaces(curves, y)[at] ?? 0 })),
  ].join("");
}

interface Scales {
  readonly x: (i: number) => number;
  readonly y: (ms: number) => number;
  readonly label: number;
}

function drawn({ system, values }: Curve, colour: string, { x, y, label }: Scales): string {
  const points = values.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  return [
    `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>`,
    ...values.map((value, i) => `<circle cx="${x(i).toFixed(1)}" cy="${y(value).toFixed(1)}" r="3" fill="${colour}"/>`),
    `<text x="${WIDTH - RIGHT + 10}" y="${label.toFixed(1)}" fill="${colour}">${system}</text>`,
  ].join("");
}

const LABEL_GAP = 14;

/** Beside the last point of each curve, moved down where two would lie on one another. */
function labelPlaces(curves: readonly Curve[], y: Scales["y"]): number[] {
  const places = curves.map(({ values }) => y(values.at(-1) ?? 1) + 4);
  let last = -Infinity;
  for (const at of places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0))) {
    last = Math.max(places[at] ?? 0, last + LABEL_GAP);
    places[at] = last;
  }
  return places;
}
