import { WeirError } from "@weir/record";

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `2h`, `7d` before `now`, or a date as ISO 8601 has them; milliseconds since 1970. @throws {WeirError} WEIR-6004, exit code 2 */
export function parseSince(given: string, now: number): number {
  const [, count = "", unit = ""] = /^(\d+)([smhd])$/.exec(given) ?? [];
  if (unit !== "") return now - Number(count) * (UNITS[unit] ?? 0);
  const at = Date.parse(given);
  if (!Number.isNaN(at)) return at;
  throw new WeirError(
    { code: "WEIR-6004", what: `"${given}" is no time`, where: "--since", fix: "write 30m, 2h, 7d or a date like 2013-02-08T05:00Z" },
    { exitCode: 2 },
  );
}
