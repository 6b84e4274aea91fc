import type { AxisName } from "./axes.ts";

/** Why neighbours on an axis may be further apart than `LIMIT`, each with what the table shows of it; an axis without one has no excuse. */
export const EXPLANATIONS: Readonly<Partial<Record<AxisName, string>>> = {
  partitions:
    "Ten times a second a transaction writes to all partitions of every end and leaves a marker in each of them: what a partition costs is shared by the records of a transaction, so it weighs more the fewer those are (64 partitions on a crowded machine: broker 20.2 µs per record with transactions of 0.1 s, 6.0 with 1 s).",
  size: "Text is read byte by byte, checked, copied and sent, so a record costs by its bytes; what each further KB costs is in the column for it.",
  features:
    "Every feature is text to be read, a rule to be checked and an input of the model; what each further one costs is in the column for it.",
  failing:
    "A refused record gets headers that say what was broken, where and why, and leaves by itself; what each further one costs is in the column for it.",
};
