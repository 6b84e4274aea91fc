import { allCodes, explainCode } from "../codes.ts";
import { table, type Output } from "../output.ts";

/** Says what a code means; 1 for a code that nobody uses. */
export function explain(code: string, output: Output): number {
  const full = /^\d+$/.test(code) ? `WEIR-${code}` : code.toUpperCase();
  const entry = explainCode(full);
  if (!entry) {
    output.note(`${code} is not a code of Weir; weir explain lists all of them`);
    return 1;
  }
  output.data(`${full}  ${entry.title}\n\n${entry.explanation}\n\nWhat to do: ${entry.fix}`);
  return 0;
}

export interface ListFlags {
  readonly json?: boolean;
  readonly markdown?: boolean;
}

/** All codes: a line each, or the whole catalogue. */
export function listCodes({ json, markdown }: ListFlags, output: Output): void {
  if (markdown) output.data(errorCatalogue().trimEnd());
  else if (json) for (const [code, entry] of allCodes()) output.data(JSON.stringify({ code, ...entry }));
  else for (const line of table(["code", "what"], allCodes().map(([code, { title }]) => [code, title]))) output.data(line); // prettier-ignore
}

/** What the first digit tells. */
const FAMILIES: Readonly<Record<string, string>> = {
  "1": "Files of a pipeline",
  "2": "Contracts and rules",
  "3": "Doors",
  "4": "Models, brokers, the start",
  "5": "Services",
  "6": "Command line",
  "7": "The connection to Kafka",
  "8": "State of stages",
};

/** `ERRORS.md`: every message has what happened, where, why, what to do; here is what its code means. */
export function errorCatalogue(): string {
  const lines = ["# Every error, by its code", "", "Written by `weir explain --markdown`; `weir explain WEIR-1203` says the same of one."];
  let family = "";
  for (const [code, { title, explanation, fix }] of allCodes()) {
    const first = code.charAt("WEIR-".length);
    if (first !== family) lines.push("", `## ${FAMILIES[first] ?? `WEIR-${first}…`}`);
    family = first;
    lines.push("", `### ${code} ${title}`, "", explanation, "", `**What to do:** ${fix}`);
  }
  return `${lines.join("\n")}\n`;
}
