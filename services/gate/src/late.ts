import type { Failure } from "@weir/record";

/** Why a record is quarantined that came after the window of its event time. */
export const LATE: Failure = { class: "WINDOW", message: "late: the window of its event time was closed before it came" };

/** The same of a batch. */
export const LATE_IN_BATCH: Failure = { class: "WINDOW", message: "late: its batch was judged before it came" };
