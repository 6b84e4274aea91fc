const HALF_LOG_TWO_PI = 0.9189385332046728;

/** The Stirling series is good to the last digit from here on. */
const SERIES_FROM = 15;

/** ln Γ(x) for x > 0, by the Stirling series after shifting small arguments upwards. */
export function logGamma(x: number): number {
  if (!(x > 0)) return NaN;
  if (x === 1 || x === 2) return 0;
  let shift = 1;
  let at = x;
  while (at < SERIES_FROM) shift *= at++;
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + series(at) - Math.log(shift);
}

/**
 * What Stirling's formula leaves out: ln Γ(x + 1) − [(x + ½) ln x − x + ½ ln 2π], x > 0. Densities are written with it because the
 * large terms of ln Γ cancel in them (C. Loader, Fast and accurate computation of binomial probabilities, 2000).
 */
export function stirlingError(x: number): number {
  if (x >= SERIES_FROM) return series(x);
  return logGamma(x + 1) - (x + 0.5) * Math.log(x) + x - HALF_LOG_TWO_PI;
}

function series(x: number): number {
  const y = 1 / (x * x);
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360 - y / 156)))))) / x;
}

/** x ln(x/m) + m − x without cancellation near x = m (Loader's deviance). x ≥ 0, m > 0. */
export function deviance(x: number, m: number): number {
  if (x === 0) return m;
  const v = (x - m) / (x + m);
  if (Math.abs(v) >= 0.1) return x * Math.log(x / m) + m - x;
  let sum = (x - m) * v;
  let term = 2 * x * v;
  for (let j = 1; j < 1000; j++) {
    term *= v * v;
    const next = sum + term / (2 * j + 1);
    if (next === sum) break;
    sum = next;
  }
  return sum;
}
