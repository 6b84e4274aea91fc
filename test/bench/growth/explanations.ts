import type { AxisName } from "./axes.ts";

/** Why neighbours on an axis may be further apart than `LIMIT`, each with what the table shows of it; an axis without one has no excuse. */
export const EXPLANATIONS: Readonly<Partial<Record<AxisName, string>>> = {
  size: "Text is read byte by byte, checked, copied and sent, so a record costs by its bytes; what each further KB costs is in the column for it.",
  features:
    "Every feature is text to be read, a rule to be checked and an input of the model; what each further one costs is in the column for it.",
};
