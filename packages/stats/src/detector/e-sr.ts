export interface ESrOptions {
  /** The rate that is still in order. */
  readonly rate: number;
  /** Records between false alarms, at least, on average. */
  readonly spacing: number;
  /** Rates looked for, as multiples of `rate`; those at or above 1 are left out. */
  readonly times?: readonly number[];
}

/** One number per alternative; plain data, so that it can be kept and restored. */
export interface ESrState {
  readonly evidence: number[];
}

export interface ESr {
  readonly start: () => ESrState;
  /** Takes one record in; true is an alarm, after which the evidence starts anew. */
  readonly add: (state: ESrState, bad: boolean) => boolean;
  /** Evidence in multiples of the alarm's bar. */
  readonly level: (state: ESrState) => number;
}

const TIMES = [1.5, 2, 4, 10];

/**
 * Shiryaev–Roberts detector for "the rate is at most p0" against several higher rates: M ← L·(M + 1) with the likelihood ratio L of each
 * alternative, averaged. M − n is a supermartingale while the rate is in order, so an alarm at M ≥ A comes after at least A records on
 * average, however often one looks (Shin, Ramdas & Rinaldo, E-detectors, 2023).
 */
export function createESr({ rate, spacing, times = TIMES }: ESrOptions): ESr {
  const alternatives = times.map((t) => t * rate).filter((p1) => p1 < 1);
  const [whenBad, whenGood] = [alternatives.map((p1) => p1 / rate), alternatives.map((p1) => (1 - p1) / (1 - rate))];
  const bar = spacing * alternatives.length;
  return {
    start: () => ({ evidence: alternatives.map(() => 0) }),
    add(state, bad) {
      const { evidence } = state;
      const ratios = bad ? whenBad : whenGood;
      let sum = 0;
      for (let i = 0; i < ratios.length; i++) sum += evidence[i] = ratios[i]! * (evidence[i]! + 1); // one evidence per alternative
      if (sum < bar) return false;
      evidence.fill(0);
      return true;
    },
    level: ({ evidence }) => evidence.reduce((sum, m) => sum + m, 0) / bar,
  };
}
