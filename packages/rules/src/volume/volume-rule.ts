import type { VolumeSpec } from "../spec.ts";

/** What a rule `volume` remembers of the windows before. */
export interface VolumeMemory {
  /** Records of the window before. */
  readonly previous: number;
  /** Records of the last windows that began at the same hour of the same weekday (UTC), the newest last; by `<weekday>-<hour>`. */
  readonly seasons?: Readonly<Record<string, readonly number[]>>;
}

export interface VolumeAnswer {
  readonly verdict: "pass" | "breach" | "insufficient";
  readonly why?: string;
  /** Records of the window before, where the ratio to it was asked. */
  readonly previous?: number;
  /** Of the same hour of the weekday, and how far from it in robust standard deviations. */
  readonly median?: number;
  readonly z?: number;
}

const REMEMBERED = 12;
/** Windows of the same season that a median needs. */
const SEASON_MIN = 4;
/** Standard deviation of a normal distribution over its median absolute deviation. */
const NORMAL = 1.4826;
const HOUR_MS = 3_600_000;

/** Judges how many records a window has: against bounds, against the window before, against the same hour of earlier weeks. */
export function judgeVolume(
  { min = 0, max = Infinity, ratio, season }: VolumeSpec,
  n: number,
  start: number | null,
  memory: VolumeMemory | null,
): VolumeAnswer {
  const bounds: VolumeAnswer = { verdict: n < min || n > max ? "breach" : "pass" };
  const answers = [
    bounds,
    ...(ratio ? [againstPrevious(ratio, n, memory)] : []),
    ...(season ? [againstSeason(season.z, n, start, memory)] : []),
  ];
  const verdict = (["breach", "insufficient"] as const).find((v) => answers.some((a) => a.verdict === v)) ?? "pass";
  const told = Object.assign({}, ...answers) as VolumeAnswer;
  if (verdict === "insufficient") return { ...told, verdict };
  const { why: _open, ...rest } = told;
  return { ...rest, verdict };
}

function againstPrevious(
  { min = 0, max = Infinity }: NonNullable<VolumeSpec["ratio"]>,
  n: number,
  memory: VolumeMemory | null,
): VolumeAnswer {
  if (memory === null) return { verdict: "insufficient", why: "there is no window before it" };
  const { previous } = memory;
  return { verdict: n < min * previous || n > max * previous ? "breach" : "pass", previous };
}

/** z = (n − median)/s, s = max(1.4826·MAD, √median): counts vary by as much as chance even where the last ones did not. */
function againstSeason(limit: number, n: number, start: number | null, memory: VolumeMemory | null): VolumeAnswer {
  const known = start === null ? [] : (memory?.seasons?.[seasonOf(start)] ?? []);
  if (known.length < SEASON_MIN)
    return {
      verdict: "insufficient",
      why: `${known.length} windows of the same hour of the week are known, at least ${SEASON_MIN} are needed`,
    };
  const middle = medianOf(known);
  const deviation = NORMAL * medianOf(known.map((x) => Math.abs(x - middle)));
  const z = (n - middle) / Math.max(deviation, Math.sqrt(middle), 1);
  return { verdict: Math.abs(z) > limit ? "breach" : "pass", median: middle, z: Number(z.toPrecision(4)) };
}

/** With the window that was judged. */
export function rememberVolume(before: VolumeMemory | null, n: number, start: number | null, seasonal: boolean): VolumeMemory {
  if (!seasonal || start === null) return { previous: n };
  const season = seasonOf(start);
  const seasons = { ...before?.seasons, [season]: [...(before?.seasons?.[season] ?? []), n].slice(-REMEMBERED) };
  return { previous: n, seasons };
}

function seasonOf(start: number): string {
  const hour = Math.floor(start / HOUR_MS);
  return `${Math.floor(hour / 24) % 7}-${hour % 24}`;
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2; // not empty
}
