/**
 * Stands beside the committed offset of a lane while what comes next is with the stages. Whoever finds it there and has not written it
 * himself knows that its writer died, or lost the lane, before the next commit.
 */
export interface DeathMark {
  /** The process, not its slot. */
  readonly by: string;
  /** How many records the stages were given. */
  readonly size: number;
  /** Are they a part of what was suspected? Else they are what a process was given first of the lane. */
  readonly narrowed: boolean;
  /** How often processes have died with the first of them alone. */
  readonly alone: number;
  /** First offset behind them. */
  readonly until: number;
  /** The stages had answered: what came after that is no record's doing. */
  readonly survived?: true;
}

/** What is to be tried now, and for whose sake. */
export interface Suspicion {
  /** Records to give at once. */
  readonly size: number;
  /** Deaths with the first of them alone. */
  readonly alone: number;
  /** First offset that is above suspicion. */
  readonly until: number;
}

/** A death makes the next attempt so many times smaller, until a record is alone: 2,500 of them take three deaths. */
const NARROWING = 16;

export function writeDeathMark(mark: DeathMark): string {
  return JSON.stringify({ v: 1, ...mark });
}

/** What a mark means to the process `by`; null: nothing is suspected. Texts of others mean nothing. */
export function suspicionOf(text: string | null, by: string): Suspicion | null {
  const mark = text === null ? null : parse(text);
  if (mark === null) return null;
  const { size, narrowed, alone, until } = mark;
  if (mark.by === by || mark.survived === true) return narrowed ? { size, alone, until } : null;
  return size === 1 ? { size, alone: alone + 1, until } : { size: Math.ceil(size / NARROWING), alone: 0, until };
}

function parse(text: string): DeathMark | null {
  try {
    const mark = JSON.parse(text) as Partial<DeathMark> & { readonly v?: number }; // looked at before it is believed
    const { v, by, size, narrowed, alone, until, survived } = mark;
    if (v !== 1 || typeof by !== "string" || typeof narrowed !== "boolean" || !isCount(size) || !isCount(alone) || !isCount(until))
      return null;
    return { by, size, narrowed, alone, until, ...(survived === true && { survived }) };
  } catch {
    return null;
  }
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
