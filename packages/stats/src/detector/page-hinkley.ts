export interface PageHinkleyOptions {
  /** Values before the first alarm. */
  readonly warmUp?: number;
  /** Rise that is tolerated, in the unit of the values. */
  readonly tolerance?: number;
  /** Sum of exceedances at which it alarms. */
  readonly threshold?: number;
  /** What remains of the sum from value to value. */
  readonly memory?: number;
}

export interface PageHinkleyState {
  readonly n: number;
  readonly mean: number;
  readonly sum: number;
}

export interface PageHinkley {
  readonly start: () => PageHinkleyState;
  /** Takes one value in; an alarm starts anew with the next value. */
  readonly add: (state: PageHinkleyState, x: number) => { readonly state: PageHinkleyState; readonly alarm: boolean };
}

/** Page–Hinkley test for a rising mean, one-sided, sum clipped at 0 (Page 1954; the form and defaults of river). */
export function createPageHinkley(options: PageHinkleyOptions = {}): PageHinkley {
  const { warmUp = 30, tolerance = 0.005, threshold = 50, memory = 0.9999 } = options;
  const start = (): PageHinkleyState => ({ n: 0, mean: 0, sum: 0 });
  return {
    start,
    add(state, x) {
      const n = state.n + 1;
      const mean = state.mean + (x - state.mean) / n;
      const sum = Math.max(0, memory * state.sum + (x - mean - tolerance));
      const alarm = n + 1 >= warmUp && sum >= threshold;
      return { state: alarm ? start() : { n, mean, sum }, alarm };
    },
  };
}
