import type { CodeEntry } from "@weir/record";

/** The codes of the runner. */
export const STREAM_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-5001": {
    title: "Records were deleted before they were read",
    explanation:
      "The committed offset of a group lies before the first record that the topic still has: retention was shorter than the delay.",
    fix: "Raise the retention of the topic. Records that are gone cannot be recovered; to go on without them set the policy for missing offsets to earliest.",
  },
  "WEIR-5002": {
    title: "Another process took this slot",
    explanation:
      "A group or a transaction coordinator refused this process, because a younger one uses the same member id or transactional ids.",
    fix: "Usually nothing: an orchestrator replaced this process. If it happens again and again, two processes have the same WEIR_SLOT.",
  },
};
