import type { Verdict } from "../judge-window.ts";
import type { VolumeMemory } from "../volume/volume-rule.ts";

/** What a rule remembers of its last windows, the newest last: 1 drifted, 0 clean. Windows without enough evidence are left out. */
export interface Persistence {
  readonly recent: string;
  readonly standing: boolean;
  /** Of a rule `volume`. */
  readonly volume?: VolumeMemory;
}

export const NOTHING_YET: Persistence = { recent: "", standing: false };

export type AlertChange = "raised" | "standing" | "cleared";

/** Drifted windows among the last three that raise an alert, and clean ones in a row that clear it. */
const RAISED_BY = 2;
const REMEMBERED = 3;

/** One window more: alerts are raised in the second of three windows that drifted, and stand until three in a row did not. */
export function persist(before: Persistence, verdict: Verdict): { readonly after: Persistence; readonly alert: AlertChange | null } {
  if (verdict !== "pass" && verdict !== "breach") return { after: before, alert: before.standing ? "standing" : null };
  const recent = (before.recent + (verdict === "breach" ? "1" : "0")).slice(-REMEMBERED);
  if (before.standing) {
    const cleared = recent === "0".repeat(REMEMBERED);
    return cleared
      ? { after: { recent: "", standing: false }, alert: "cleared" }
      : { after: { recent, standing: true }, alert: "standing" };
  }
  const raised = [...recent].filter((window) => window === "1").length >= RAISED_BY;
  return { after: { recent, standing: raised }, alert: raised ? "raised" : null };
}
