import { WeirError } from "@weir/record";

/** A whole number above zero. @throws {WeirError} WEIR-6004, exit code 2 */
export function positive(flag: string, given: string): number {
  const number = Number(given);
  if (Number.isInteger(number) && number > 0) return number;
  throw new WeirError(
    { code: "WEIR-6004", what: `"${given}" is no whole number above zero`, where: flag, fix: `write ${flag} 10, for example` },
    { exitCode: 2 },
  );
}
