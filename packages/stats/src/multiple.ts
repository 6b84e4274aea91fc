/** p-values adjusted so that those ≤ q are a set with false discovery rate q (Benjamini & Hochberg 1995; independent or positively dependent). */
export function benjaminiHochberg(p: readonly number[]): number[] {
  return stepUp(p, 1);
}

/** The same under any dependence (Benjamini & Yekutieli 2001). */
export function benjaminiYekutieli(p: readonly number[]): number[] {
  return stepUp(
    p,
    p.reduce((sum, _, i) => sum + 1 / (i + 1), 0),
  );
}

/** The level at which a single test of the family is decided: the largest k·q/n with p₍k₎ ≤ k·q/n, or q/n when there is none. */
export function discoveryLevel(p: readonly number[], q: number): number {
  const sorted = [...p].sort((a, b) => a - b);
  const last = sorted.findLastIndex((value, i) => value <= ((i + 1) * q) / sorted.length);
  return sorted.length === 0 ? q : (Math.max(1, last + 1) * q) / sorted.length;
}

function stepUp(p: readonly number[], factor: number): number[] {
  const order = p.map((_, i) => i).sort((a, b) => p[b]! - p[a]!); // indexes of p
  const adjusted = new Array<number>(p.length).fill(1);
  let least = 1;
  order.forEach((at, i) => {
    const rank = p.length - i;
    least = Math.min(least, (p[at]! * factor * p.length) / rank); // indexes of p
    adjusted[at] = least;
  });
  return adjusted;
}
