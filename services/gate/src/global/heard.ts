import type { StateNote } from "@weir/stream";
import type { Partial, Progress, SharedVerdict } from "./notes.ts";

/** What one partition has of a window. */
export interface Share {
  readonly partition: number;
  readonly partial: Partial;
}

/** What the state topic says: the newest value of every key, as the owners of all partitions committed them. */
export interface Heard {
  readonly partitions: number;
  apply(notes: readonly StateNote[], partitions: number): void;
  shares(topic: string): readonly Share[];
  progress(topic: string, partition: number): Progress | null;
  verdict(topic: string, id: string): SharedVerdict | null;
  /** Event time up to which windows of the topic are judged; -Infinity: none is. */
  judged(topic: string): number;
  /** Canonical text of a rule set. */
  rules(digest: string): string | null;
}

export function createHeard(): Heard {
  const shares = new Map<string, Share & { readonly topic: string }>();
  const progress = new Map<string, Progress>();
  const verdicts = new Map<string, SharedVerdict>();
  const judged = new Map<string, number>();
  const rules = new Map<string, string>();
  let partitions = 0;
  const applyOne = ({ partition, key, value }: StateNote): void => {
    const [kind = "", topic = ""] = key.split("/");
    switch (kind) {
      case "partial":
        return put(shares, key, value, (partial: Partial) => ({ topic, partition, partial }));
      case "progress":
        return put(progress, key, value, (told: Progress) => told);
      case "verdict":
        return put(verdicts, key, value, (verdict: SharedVerdict) => verdict);
      case "judged":
        return put(judged, key, value, (upTo: number) => upTo);
      case "rules":
        // Every partition that needs a rule set writes it, and the last one deletes it: they are few, so they are kept.
        if (value !== null) rules.set(topic, value);
    }
  };
  return {
    get partitions() {
      return partitions;
    },
    apply: (notes, count) => {
      partitions = count;
      notes.forEach(applyOne);
    },
    shares: (topic) => [...shares.values()].filter((share) => share.topic === topic),
    progress: (topic, partition) => progress.get(`progress/${topic}/${partition}`) ?? null,
    verdict: (topic, id) => verdicts.get(`verdict/${topic}/${id}`) ?? null,
    judged: (topic) => judged.get(`judged/${topic}`) ?? -Infinity,
    rules: (digest) => rules.get(digest) ?? null,
  };
}

function put<V, T>(map: Map<string, T>, key: string, value: string | null, of: (parsed: V) => T): void {
  if (value === null) map.delete(key);
  else {
    const parsed: V = JSON.parse(value);
    map.set(key, of(parsed));
  }
}
