import type { FaultCase } from "./fault-case.ts";
import type { ComparedResult } from "./worlds.ts";

/** The list with what came of its runs, as Markdown. */
export function faultTable(cases: readonly FaultCase[], results: readonly ComparedResult[]): string {
  const rows = cases.map((of) => {
    const ran = results.filter((r) => r.name === of.name);
    const strikes = ran.reduce((sum, r) => sum + r.strikes, 0);
    const records = ran.reduce((sum, r) => sum + r.produced, 0);
    return `| ${of.part} | ${of.name} | ${of.how} | ${of.nodes} | ${ran.length} of ${of.seeds.length} | ${strikes} | ${records.toLocaleString("en")} | ${verdictOf(ran)} |`;
  });
  return [
    "| part | fault | how it is brought about | brokers | runs | strikes | records | result |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

function verdictOf(ran: readonly ComparedResult[]): string {
  if (ran.length === 0) return "not run";
  const broken = ran.filter((r) => !r.holds);
  if (broken.length === 0) return "holds";
  return `seed ${broken.map((r) => r.seed).join(", ")} does not hold`;
}
