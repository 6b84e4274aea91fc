/** UTC in minutes, with seconds and milliseconds only where they are not zero: `2013-02-01T05:00Z`. */
export function windowTime(ms: number): string {
  const text = new Date(ms).toISOString();
  if (ms % 60_000 === 0) return `${text.slice(0, 16)}Z`;
  return ms % 1000 === 0 ? `${text.slice(0, 19)}Z` : text;
}
