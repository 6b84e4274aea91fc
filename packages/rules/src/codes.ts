import type { CodeEntry } from "@weir/record";

/** The codes of rules: why a rule set cannot be compiled. */
export const RULE_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-2202": {
    title: "A rule of windows cannot refuse single records",
    explanation: "It judges what many records have in common, a rate or a distribution; no single record breaks it.",
    fix: "Use quarantineWindow, tag or alert.",
  },
  "WEIR-2203": {
    title: "A limit is no whole number of millionths",
    explanation: "Limits are compared as integers, so that a rate equal to its limit passes on every machine.",
    fix: "Give the limit at most six decimals, between 0 and 1.",
  },
  "WEIR-2204": {
    title: "Sentinels of a rule are of two types",
    explanation:
      "Sentinels are values that stand for a missing one. A field is read as a number or as text, so they have to be one of these.",
    fix: "List numbers or texts, not both.",
  },
  "WEIR-2205": {
    title: "An expression of a rule cannot be compiled",
    explanation:
      "It was compiled against the fields of the contract before any record came. The names, types or functions that it uses are not there.",
    fix: "Correct what is named; fields of the record are written record.NAME.",
  },
  "WEIR-2206": {
    title: "A baseline does not say what a rule compares with",
    explanation: "The rule compares a window's missing values with those that the baseline counted, and there are none in it.",
    fix: "Learn a baseline in which the field has a cell null, or use nullRate with a limit.",
  },
  "WEIR-2210": {
    title: "A baseline cannot be used",
    explanation:
      "A baseline is a frozen summary that windows are compared with. Its file was changed by hand, was cut off, or was made by something else.",
    fix: "Make it again with weir gate learn; another summary is another file.",
  },
  "WEIR-2211": {
    title: "A rule cannot be compared with its baseline",
    explanation:
      "The baseline says nothing of the field, or its cells are not what the method needs: some compare places, some a single share.",
    fix: "Choose the method or the field that is named, or learn a baseline that has the field.",
  },
  "WEIR-2212": {
    title: "A detector does not know what is in order",
    explanation: "It asks whether a rate or a level has changed, so it needs to know from what.",
    fix: "Give it the rate, or the mean and the spread, or a baseline that has the field.",
  },
};
