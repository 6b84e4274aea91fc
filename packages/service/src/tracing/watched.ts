import type { Decided, Stage } from "@weir/stream";

/** The same stage; `saw` is shown everything that it decides. */
export function watched(stage: Stage, saw: (decided: readonly Decided[]) => void): Stage {
  const shown = (decided: readonly Decided[]): readonly Decided[] => {
    saw(decided);
    return decided;
  };
  const { hear, more, recalled, close, endOfInput } = stage;
  return {
    ...stage,
    process: (batches) => {
      const decided = stage.process(batches);
      return decided instanceof Promise ? decided.then(shown) : shown(decided);
    },
    ...(hear && { hear: (notes, partitions) => shown(hear(notes, partitions)) }),
    ...(more && {
      more: () => {
        const next = more();
        return next !== null && "lane" in next ? next : next && shown(next);
      },
    }),
    ...(recalled && { recalled: async (batch) => shown(await recalled(batch)) }),
    ...(close && { close: (marker) => shown(close(marker)) }),
    ...(endOfInput && { endOfInput: (lane) => shown(endOfInput(lane)) }),
  };
}
