import type { SoakReport } from "./soak.ts";

/** The report as Markdown. */
export function soakText({
  seed,
  minutes,
  recordsIn,
  recordsOut,
  faults,
  judgement,
  endings,
  unhandledRejections,
  lastWords,
  growth,
}: SoakReport): string {
  const { lost, doubled, outOfOrder, foreign, vanished, copies, unbalanced, unsettled } = judgement;
  const struck = Object.values(faults).reduce((sum, n) => sum + n, 0);
  const grown = Object.entries(growth).map(
    ([slot, { samples, rssMb, handles }]) => `| ${slot} | ${samples} | ${rssMb.join(" · ")} | ${handles.join(" · ")} |`,
  );
  return [
    `${minutes} minutes, seed ${seed}, ${struck} faults.`,
    "",
    "| records in | out | lost | doubled | out of order | foreign | seen and gone | copies wrong | unbalanced | unsettled | unhandled rejections |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
    `| ${[recordsIn, recordsOut, lost, doubled, outOfOrder, foreign, vanished, copies, unbalanced.length, unsettled.length, unhandledRejections].map((n) => n.toLocaleString("en")).join(" | ")} |`,
    "",
    `Faults: ${Object.entries(faults)
      .map(([kind, n]) => `${kind} ${n}`)
      .join(", ")}.`,
    "",
    `Processes that ended otherwise than asked: ${countOf(endings)}. What they said: ${countOf(lastWords)}.`,
    "",
    "Processes that lived through all of it (medians of the first, middle and last third):",
    "",
    "| slot | looks | memory MB | file handles |",
    "|---|---|---|---|",
    ...grown,
  ].join("\n");
}

function countOf(endings: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const ending of endings) counts.set(ending, (counts.get(ending) ?? 0) + 1);
  return counts.size === 0 ? "none" : [...counts].map(([ending, n]) => `${ending} (${n})`).join(", ");
}
