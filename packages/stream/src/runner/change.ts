import { RetriableError, type Lane } from "@weir/record";
import type { GroupListener } from "../log.ts";
import type { LaneStart } from "./lane-start.ts";
import type { OwnedLane } from "./lanes.ts";

/** What the group and the work beside the loop tell the loop, which applies it in its turn. */
export type Change =
  | { readonly kind: "assign"; readonly lanes: readonly Lane[] }
  | { readonly kind: "revoke"; readonly lanes: readonly Lane[]; readonly done: () => void }
  | { readonly kind: "lost"; readonly lanes: readonly Lane[] }
  | { readonly kind: "ended"; readonly lane: Lane }
  | { readonly kind: "resolved"; readonly lane: OwnedLane; readonly start: LaneStart };

export interface ListenerSetup {
  readonly queue: (change: Change) => void;
  readonly breakOff: (why: Error) => void;
  readonly giveUp: (why: Error) => void;
}

/** The group's news as changes. What it forgot must not be committed, at once; the rest waits for its turn. */
export function createListener({ queue, breakOff, giveUp }: ListenerSetup): GroupListener {
  return {
    onAssign: (lanes) => queue({ kind: "assign", lanes }),
    onRevoke: (lanes) => new Promise((done) => queue({ kind: "revoke", lanes, done })),
    onLost: (lanes) => {
      breakOff(new RetriableError("MEMBERSHIP_LOST", "the group forgot this member"));
      queue({ kind: "lost", lanes });
    },
    onFatal: (error) => giveUp(error),
  };
}
