/** Where the numbers of one panel lie: x from its left, y from its top, in pixels. */
export interface Panel {
  readonly points: readonly Placed[];
  readonly ticks: readonly { readonly micros: number; readonly y: number }[];
}

export interface Placed extends Measured {
  readonly x: number;
  readonly systemY: number;
  /** Of system and broker together. */
  readonly sumY: number;
}

/** Processor time per record at one point of an axis, microseconds. */
export interface Measured {
  readonly at: number;
  readonly system: number;
  readonly broker: number;
}

export interface PanelOptions {
  readonly width: number;
  readonly height: number;
  /** From the sides to the first and the last point. */
  readonly inset: number;
  readonly isLogarithmic: boolean;
}

/** Free place above the highest point, for its number. */
const HEADROOM = 1.2;
const MOST_TICKS = 5;

/** Points in ascending order from side to side, costs from 0 at the bottom. */
export function layPanel(measured: readonly Measured[], { width, height, inset, isLogarithmic }: PanelOptions): Panel {
  const scaled = (at: number): number => (isLogarithmic ? Math.log(at) : at);
  const [first = 0, last = 0] = [measured[0], measured.at(-1)].map((point) => (point ? scaled(point.at) : 0));
  const highest = Math.max(...measured.map(({ system, broker }) => system + broker), 0) * HEADROOM;
  const step = tickStep(highest);
  const top = Math.max(step, step * Math.ceil(highest / step));
  const y = (micros: number): number => height - (height * micros) / top;
  return {
    points: measured.map((point) => ({
      ...point,
      x: last === first ? width / 2 : inset + ((width - 2 * inset) * (scaled(point.at) - first)) / (last - first),
      systemY: y(point.system),
      sumY: y(point.system + point.broker),
    })),
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, i) => ({ micros: i * step, y: y(i * step) })),
  };
}

/** 1, 2 or 5 times a power of ten: at most `MOST_TICKS` up to the highest. */
function tickStep(highest: number): number {
  if (highest <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(highest / MOST_TICKS));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => highest / step <= MOST_TICKS) ?? 10 * power;
}
