import { laneKey, type Lane } from "@weir/record";
import { addTally, emptyTally, openTally, saveTally, type OpenTally, type SavedTally } from "@weir/rules";
import type { RestoredState, StateChange } from "@weir/stream";
import type { OpenWindow } from "./lane-state.ts";
import type { PaneSettings } from "./settings.ts";
import { joinSpans, type OffsetSpan } from "./taint.ts";

/** What the sliding windows that still reach back to a closed pane need of it. */
export interface ClosedPane extends OffsetSpan {
  readonly id: string;
  /** Event time, in milliseconds since 1970. */
  readonly start: number;
  /** Digest of the rule set that counted it. */
  readonly rules: string;
  readonly tally: SavedTally;
  /** Records of it that went on; null also where nobody is told. */
  readonly through: OffsetSpan | null;
}

/** The closed panes of a partition that a later window reaches back to, the oldest first. */
export interface Ring {
  panes: readonly ClosedPane[];
  /** What the state topic does not have yet; null: the pane is out of reach. */
  readonly unsaved: Map<string, ClosedPane | null>;
}

/** A sliding window: its last pane and the closed ones before it, added up. */
export interface Reach {
  /** Event time, in milliseconds since 1970. */
  readonly start: number;
  readonly tally: OpenTally;
  /** Panes with records. */
  readonly panes: number;
  /** Records delivered. */
  readonly span: OffsetSpan;
  /** Of the closed panes: records that went on. */
  readonly through: OffsetSpan | null;
}

/**
 * The window that ends with the pane. Panes that another rule set counted cannot be added up with it: after a change of rules windows grow
 * anew. Sums are added in the order of the panes, so that those of fractions do not depend on restarts.
 */
export function reachBack({ panes }: Ring, { over }: PaneSettings, pane: OpenWindow): Reach {
  const start = pane.end - over;
  const before = panes.filter((closed) => closed.start >= start && closed.rules === pane.ruleSet.digest);
  const tally = emptyTally(pane.ruleSet);
  let span: OffsetSpan = { first: pane.first, last: pane.last, count: pane.count };
  let through: OffsetSpan | null = null;
  for (const closed of before) {
    addTally(pane.ruleSet, tally, openTally(pane.ruleSet, closed.tally));
    span = joinSpans(span, closed) ?? span;
    through = joinSpans(through, closed.through);
  }
  addTally(pane.ruleSet, tally, pane.tally);
  return { start, tally, panes: before.length + 1, span, through };
}

/** Takes in a pane that was judged, and forgets those that no later window reaches. To be called in the order of their verdicts. */
export function closePane(ring: Ring, { every, over }: PaneSettings, pane: OpenWindow, through: OffsetSpan | null): void {
  const { id, first, last, count, ruleSet, tally } = pane;
  const closed: ClosedPane = { id, start: pane.end - every, first, last, count, rules: ruleSet.digest, tally: saveTally(tally), through };
  const earliest = pane.end + every - over;
  for (const { id: gone, start } of ring.panes) if (start < earliest) ring.unsaved.set(gone, null);
  ring.unsaved.set(id, closed);
  ring.panes = [...ring.panes.filter(({ start }) => start >= earliest), closed];
}

const paneKey = (lane: Lane, id: string): string => `pane/${laneKey(lane)}/${id}`;

/** A pane is written once, when it closes, and deleted when it is out of reach. */
export function paneChanges(lane: Lane, { unsaved }: Ring): StateChange[] {
  const changes = [...unsaved].map(([id, pane]) => ({ lane, key: paneKey(lane, id), value: pane && JSON.stringify(pane) }));
  unsaved.clear();
  return changes;
}

/** `keep` false: the panes were cut by other settings, and are deleted. */
export function restoreRing(lane: Lane, restored: RestoredState, keep: boolean): Ring {
  const prefix = paneKey(lane, "");
  const saved = [...restored].filter(([key]) => key.startsWith(prefix)).map(([, value]) => parsePane(value));
  if (!keep) return { panes: [], unsaved: new Map(saved.map(({ id }) => [id, null])) };
  return { panes: saved.sort((a, b) => a.start - b.start), unsaved: new Map() };
}

function parsePane(text: string): ClosedPane {
  const pane: ClosedPane = JSON.parse(text);
  return pane;
}
