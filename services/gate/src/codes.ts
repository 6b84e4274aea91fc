import type { CodeEntry } from "@weir/record";

/** The codes of the gate: why it stops instead of letting records go. */
export const GATE_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-2301": {
    title: "A gate's state has an unknown version",
    explanation: "It was written by a newer Weir. Guessing what it means could let condemned windows go.",
    fix: "Run the version of Weir that wrote it, until its windows have closed.",
  },
  "WEIR-2302": {
    title: "A committed offset does not belong to the gate's state",
    explanation: "Both are written in one transaction, so somebody moved one of them alone.",
    fix: "Set the committed offset back, or reset the stage: its offsets and its state topic together.",
  },
  "WEIR-2303": {
    title: "Window settings were changed while windows were open",
    explanation: "Records that were already counted would lie in other windows now.",
    fix: "Put the old settings back, let the open windows close (end of input, or idleAfter), then change them. Rules can be changed at any time.",
  },
  "WEIR-2304": {
    title: "A gate holds more than it may",
    explanation: "Nothing of a held window goes on until the window is judged, and held records stay in memory.",
    fix: "Make the windows smaller, raise maxHeld, or set hold: false to only observe.",
  },
  "WEIR-2305": {
    title: "An open window cannot be filled again",
    explanation:
      "After a restart the records of an open window are read again. They were deleted or compacted, or the contract now reads other event times from them.",
    fix: "Put the contract back until the open windows have closed, or reset the stage: its offsets and its state topic together.",
  },
};
