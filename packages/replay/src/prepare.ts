import { compileEdit, recordHeaders, resentHeaders, type EditSpec, type Letter } from "@weir/deadletter";
import { sha256 } from "@weir/service";
import type { TrialRecord } from "./trial.ts";

/** The record that is sent for a letter, or why it cannot be. */
export type Prepared = { readonly record: TrialRecord; readonly edited: boolean } | { readonly problem: string };

export type Prepare = (letter: Letter) => Prepared;

/** Everything of the letter as it is; an edit changes its value and its free headers, and leaves the hashes of both values behind. */
export function createPrepare(run: string, spec: EditSpec | undefined): Prepare {
  const edit = spec === undefined ? null : compileEdit(spec);
  return (letter) => {
    const { key, value, timestamp } = letter.record;
    const own = recordHeaders(letter);
    if (edit === null)
      return { record: { key, value, timestamp, headers: resentHeaders(letter, own, { run, edited: null }) }, edited: false };
    const result = edit({ value, headers: own });
    if (result.problem !== null) return { problem: result.problem };
    const { record } = result;
    const marks = { run, edited: `${hashOf(value)}..${hashOf(record.value)}` };
    return { record: { key, value: record.value, timestamp, headers: resentHeaders(letter, record.headers, marks) }, edited: true };
  };
}

function hashOf(value: Uint8Array | null): string {
  return sha256(value ?? new Uint8Array(0)).slice(0, 16);
}
