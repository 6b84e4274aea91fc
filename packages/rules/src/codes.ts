import type { CodeEntry } from "@weir/record";

/** The codes of rules: why a rule set cannot be compiled. */
export const RULE_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-2201": {
    title: "A rule asks for what is not there yet",
    explanation: "The pipeline file may say it, but no gate can do it yet. A gate never starts with a rule that it would not apply.",
    fix: "Take the way that is named, or leave the rule out.",
  },
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
};
