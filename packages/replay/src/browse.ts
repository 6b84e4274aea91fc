import {
  compileSelection,
  createGrouping,
  isSettled,
  placeOf,
  type Letter,
  type LetterGroup,
  type Outcome,
  type Selection,
} from "@weir/deadletter";
import { sha256, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf, wholeOf } from "./lanes.ts";
import { openLedger } from "./ledger-topic.ts";
import { readLetters } from "./letters.ts";
import { badSelection } from "./make-plan.ts";

/** A dead letter with its place and what became of it. */
export interface ListedLetter {
  /** `topic/partition/offset` */
  readonly at: string;
  readonly letter: Letter;
  readonly outcome: Outcome | null;
}

/** Dead letters (or, on another topic, quarantined records) in the order of the log, partition by partition as they come. */
export async function* listLetters(
  { topology }: LoadedPipeline,
  log: Log,
  topic: string,
  selection: Selection,
): AsyncGenerator<ListedLetter> {
  const { matches, problems } = compileSelection(selection);
  if (!matches) throw badSelection(problems);
  const { view } = await openLedger(log, topology.replays);
  let left = selection.limit ?? Infinity;
  for await (const { letter } of readLetters(log, await wholeOf(log, await lanesOf(log, topic)))) {
    if (letter === null || !matches(letter)) continue;
    if (left-- <= 0) return;
    yield { at: placeOf(letter), letter, outcome: view.outcomeAt(topic, letter.partition, letter.record.offset) };
  }
}

/** The same by trouble, most open ones first. */
export async function groupLetters(loaded: LoadedPipeline, log: Log, topic: string, selection: Selection): Promise<readonly LetterGroup[]> {
  const grouping = createGrouping(sha256);
  for await (const { letter, outcome } of listLetters(loaded, log, topic, selection)) grouping.add(letter, !isSettled(outcome));
  return grouping.done((await openLedger(log, loaded.topology.replays)).view.fixed());
}

/** The dead letter at `topic/partition/offset`; null where there is none. */
export async function letterAt(log: Log, place: string): Promise<Letter | null> {
  const [, topic = "", partition = "", offset = ""] = /^(.+)\/(\d+)\/(\d+)$/.exec(place) ?? [];
  const lanes = (await lanesOf(log, topic)).filter((lane) => lane.partition === Number(partition));
  const [whole] = await wholeOf(log, lanes);
  const at = Number(offset);
  if (!whole || at < whole.offset || at >= whole.end) return null;
  for await (const { letter } of readLetters(log, [{ ...whole, offset: at, end: at + 1 }])) return letter;
  return null;
}
