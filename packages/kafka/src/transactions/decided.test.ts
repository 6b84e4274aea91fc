import { describe, expect, it } from "vitest";
import { decidedOf } from "./decided.ts";
import type { TransactionNote, TransactionState } from "./transaction-note.ts";

const OPEN = { topic: "t", partition: 0, producerId: 1, producerEpoch: 4 };

/** Notes of producer 1 in turn: `state epoch`, with partition 0 of the topic while it is not complete. */
const notes = (...told: readonly (readonly [TransactionState, number, lanes?: readonly string[]])[]): TransactionNote[] =>
  told.map(([state, producerEpoch, lanes = state.startsWith("complete") ? [] : ["t/0"]], offset) => ({
    transactionalId: "id",
    producerId: 1,
    producerEpoch,
    state,
    lanes: new Set(lanes),
    updatedAt: 0,
    partition: 0,
    offset,
  }));

describe("what a coordinator decided about a transaction whose marker is missing", () => {
  it("commit or abort, where it was prepared for the partition and completed", () => {
    expect(decidedOf(OPEN, notes(["ongoing", 4], ["prepare-commit", 5], ["complete-commit", 5]))).toMatchObject({
      how: "commit",
      note: { offset: 1, producerEpoch: 5 },
    });
    expect(decidedOf(OPEN, notes(["ongoing", 4], ["prepare-abort", 5], ["complete-abort", 5]))).toMatchObject({ how: "abort" });
    expect(decidedOf(OPEN, notes(["ongoing", 4], ["prepare-epoch-fence", 5], ["complete-abort", 5]))).toMatchObject({ how: "abort" });
  });

  it("still what it was when the producer went on elsewhere", () => {
    const later = notes(["prepare-commit", 5], ["complete-commit", 5], ["ongoing", 5, ["t/1"]], ["prepare-abort", 6, ["t/1"]]);
    expect(decidedOf(OPEN, later)).toMatchObject({ how: "commit", note: { producerEpoch: 5 } });
  });

  it("open, while the coordinator has not ended it", () => {
    expect(decidedOf(OPEN, notes(["complete-commit", 4], ["ongoing", 4]))).toMatchObject({ how: "open" });
    expect(decidedOf(OPEN, notes(["ongoing", 4], ["prepare-commit", 5]))).toMatchObject({ how: "open" });
    expect(decidedOf(OPEN, notes(["prepare-commit", 5], ["complete-commit", 5], ["ongoing", 5]))).toMatchObject({ how: "open" });
  });

  it("not known, where the log does not tell, or tells of another partition or epoch", () => {
    expect(decidedOf(OPEN, [])).toEqual({ how: "unknown", note: null });
    expect(decidedOf(OPEN, notes(["complete-commit", 5]))).toMatchObject({ how: "unknown" });
    expect(decidedOf(OPEN, notes(["prepare-commit", 5, ["t/1"]], ["complete-commit", 5]))).toMatchObject({ how: "unknown" });
    expect(decidedOf(OPEN, notes(["prepare-commit", 9], ["complete-commit", 9]))).toMatchObject({ how: "unknown" });
    expect(decidedOf({ ...OPEN, producerId: 2 }, notes(["prepare-commit", 5], ["complete-commit", 5]))).toMatchObject({ how: "unknown" });
  });

  it("not known, where transactions of one epoch (before v2) ended in both ways", () => {
    const commit = [["prepare-commit", 4] as const, ["complete-commit", 4] as const];
    expect(decidedOf(OPEN, notes(...commit, ...commit))).toMatchObject({ how: "commit" });
    expect(decidedOf(OPEN, notes(...commit, ["prepare-abort", 4], ["complete-abort", 4]))).toMatchObject({ how: "unknown" });
  });
});
