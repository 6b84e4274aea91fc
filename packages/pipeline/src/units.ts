/** Durations, sizes and shares are written with their unit, so that a file never leaves open what a number counts. */
export const DURATION: RegExp = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;
export const SIZE: RegExp = /^(\d{1,9}(?:\.\d{1,6})?)(B|kB|MB|GB|KiB|MiB|GiB)$/;
export const SHARE: RegExp = /^(?:100(?:\.0{1,6})?|\d{1,2}(?:\.\d{1,6})?)%$/;
export const BACKOFF: RegExp = /^\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h|d)(?:\.\.\d{1,9}(?:\.\d{1,6})?(?:ms|s|m|h|d))?$/;

const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1_048_576,
  GiB: 1_073_741_824,
};

/** Milliseconds of a text that matches `DURATION`, NaN of any other. */
export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  return Math.round(Number(match?.[1]) * (DURATION_MS[match?.[2] ?? ""] ?? NaN));
}

/** Bytes of a text that matches `SIZE`, NaN of any other. */
export function sizeBytes(text: string): number {
  const match = SIZE.exec(text);
  return Math.round(Number(match?.[1]) * (SIZE_BYTES[match?.[2] ?? ""] ?? NaN));
}

/** `5%` as a fraction of 1: the double nearest to 0.05, not a product of doubles. */
export function shareOf(text: string): number {
  return SHARE.test(text) ? Number(`${text.slice(0, -1)}e-2`) : NaN;
}

/** `200ms..5s`; a single duration is both ends. */
export function backoffMs(text: string): { readonly minMs: number; readonly maxMs: number } {
  const [min = "", max = min] = text.split("..");
  return { minMs: durationMs(min), maxMs: durationMs(max) };
}
