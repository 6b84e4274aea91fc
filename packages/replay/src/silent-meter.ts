import type { Meter } from "@weir/service";

/** Counts nothing: stages that are only asked are not at work. */
export const SILENT_METER: Meter = {
  counter: () => ({ add: () => {} }),
  gauge: () => ({ set: () => {}, remove: () => {} }),
  watched: () => ({ watch: () => {} }),
  histogram: () => ({ observe: () => {} }),
  binned: () => ({ add: () => {} }),
};
