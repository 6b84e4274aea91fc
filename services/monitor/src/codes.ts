import type { CodeEntry } from "@weir/record";

/** The codes of the monitor. */
export const MONITOR_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-2601": {
    title: "A request cannot be understood",
    explanation: "The body or the query of a request has members that it cannot have; all of them are named.",
    fix: "Correct what is named; /v1/openapi.json describes the API.",
  },
  "WEIR-2602": {
    title: "There is no dead letter at this place",
    explanation: "Nothing committed is there, or what is there is no dead letter of a known family.",
    fix: "Take the place from the list of dead letters.",
  },
};
