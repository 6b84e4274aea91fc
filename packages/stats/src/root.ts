export interface RootSearch {
  /** Value and slope at x. The sign of the value tells on which side of the root x lies. */
  readonly at: (x: number) => { readonly value: number; readonly slope: number };
  readonly increasing: boolean;
  readonly low: number;
  /** May be infinite. */
  readonly high: number;
  readonly start: number;
}

const STEPS_MAX = 400;

/** The root of a monotone function in [low, high]: Newton's method, halving the bracket wherever it would leave it. */
export function monotoneRoot({ at, increasing, low, high, start }: RootSearch): number {
  let [left, right, x] = [low, high, start];
  for (let step = 0; step < STEPS_MAX; step++) {
    const { value, slope } = at(x);
    if (value === 0) return x;
    if (value > 0 === increasing) right = x;
    else left = x;
    const newton = x - value / slope;
    if (Math.abs(newton - x) <= Math.abs(x) * 1e-15) return x;
    if (newton > left && newton < right) x = newton;
    else x = right === Infinity ? 2 * x + 1 : left + (right - left) / 2;
    if (x === left || x === right) return x;
  }
  return x;
}
