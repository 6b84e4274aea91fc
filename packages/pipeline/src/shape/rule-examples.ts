import type { RuleSpec } from "@weir/rules";

/** What the reference says of a kind beside its declaration: when it is breached, in signs, and a rule that can be copied. */
export interface KindNote {
  /** n counts the records of the window (or those with a value, where `denominator: present`), k those that break the rule. */
  readonly breach: string;
  readonly example: string;
}

/** Every kind has one: the type sees to it. */
export const KIND_NOTES: Readonly<Record<RuleSpec["kind"], KindNote>> = {
  decode: {
    breach: "bytes are no JSON, more than maxBytes, or nested deeper than maxDepth",
    example: "{id: decode, kind: decode, maxBytes: 65536, maxDepth: 20}",
  },
  schema: { breach: "the record does not meet the contract", example: "{id: contract, kind: schema}" },
  required: {
    breach: "the field is missing, in the sense of `missing`",
    example: "{id: amount, kind: required, field: /amount, missing: {sentinels: [-999]}}",
  },
  nullRate: {
    breach: "exact: k/n > max, compared as integers · significant: P(X ≥ k | n, max) ≤ alpha, one-sided exact binomial",
    example: "{id: delay-nulls, kind: nullRate, field: /dep_delay, max: 5%}",
  },
  nullRise: {
    breach: "k/n − c/m ≥ minDelta and Fisher's exact one-sided p ≤ alpha, c of m being missing in the baseline",
    example: "{id: temp-nulls, kind: nullRise, field: /temp, baseline: baselines/january.json, minDelta: 2%}",
  },
  sentinel: {
    breach: "k/n > max, k counting the value; significant as for nullRate",
    example: "{id: temp-999, kind: sentinel, field: /temp, value: -999, max: 1%}",
  },
  type: {
    breach: "the value is of another type · with mostly: k/n > 1 − mostly",
    example: "{id: code-is-text, kind: type, field: /code, is: string}",
  },
  freshness: {
    breach: "timestamp − time > maxAge or time − timestamp > maxFuture · with mostly: k/n > 1 − mostly",
    example: "{id: fresh, kind: freshness, field: /event_time, maxAge: 1h, maxFuture: 1m}",
  },
  range: {
    breach: "value < min or value > max · with mostly: k/n > 1 − mostly",
    example: "{id: distance, kind: range, field: /distance, min: 1, max: 6000}",
  },
  oneOf: {
    breach: "the value is not in the list · with mostly: k/n > 1 − mostly",
    example: "{id: origin, kind: oneOf, field: /origin, values: [EWR, JFK, LGA]}",
  },
  pattern: {
    breach: "the text does not match · with mostly: k/n > 1 − mostly",
    example: "{id: tail, kind: pattern, field: /tailnum, pattern: '^N[0-9A-Z]{1,5}$', mostly: 99%}",
  },
  length: {
    breach: "fewer than min or more than max characters · with mostly: k/n > 1 − mostly",
    example: "{id: carrier, kind: length, field: /carrier, min: 2, max: 2}",
  },
  expr: {
    breach: "the expression is false; without a value nullIs decides, where it fails onError",
    example: "{id: order, kind: expr, expr: 'record.low <= record.high'}",
  },
  unique: {
    breach:
      "an earlier record of the partition had the value and timestamp − its timestamp < horizon · with max: 1 − distinct/n > max, texts told apart by 52 bits of a hash",
    example: "{id: once, kind: unique, field: /id, horizon: 6h}",
  },
  drift: {
    breach: "effect ≥ fail, effect above the noise floor at the adjusted alpha, and above mean + 3σ of ≥ 20 reference windows",
    example: "{id: distance-drift, kind: drift, field: /distance, baseline: baselines/january.json}",
  },
  driftShare: { breach: "drifted fields / fields with rules drift ≥ share", example: "{id: all-drift, kind: driftShare, share: 30%}" },
  rateChange: {
    breach: "e-SR: M ← L·(M + 1) over the alternatives {1.5, 2, 4, 10}·rate, averaged, reaches spacing",
    example: "{id: nulls-rise, kind: rateChange, field: /temp, of: 'null', rate: 1%}",
  },
  level: {
    breach:
      "adwin: two stretches of the recent values differ by more than the cut at delta · pageHinkley: the sum of exceedances > threshold",
    example: "{id: delay-level, kind: level, field: /dep_delay, mean: 12, sigma: 40}",
  },
  missingField: {
    breach: "k/n > 99 %, k of n being missing, of a field that at least 99 % of the baseline have",
    example: "{id: distance-gone, kind: missingField, field: /distance, baseline: baselines/january.json}",
  },
  newField: {
    breach: "k/n ≥ minPresence, k of n having a field that is neither in the contract nor in `ignore`; insufficient beyond 1,000 names",
    example: "{id: unknown-fields, kind: newField, minPresence: 5%, ignore: [trace_id]}",
  },
  typeChange: {
    breach: "k/n > 1/2, k of n having another type than in the baseline",
    example: "{id: distance-type, kind: typeChange, field: /distance, baseline: baselines/january.json}",
  },
  constant: { breach: "one different value in n records that have one", example: "{id: temp-stuck, kind: constant, field: /temp}" },
  cardinality: {
    breach: "different values < min or > max; counted exactly as far as it decides",
    example: "{id: carriers, kind: cardinality, field: /carrier, min: 5, max: 40}",
  },
  mean: {
    breach: "Σx/n < min or > max, added in the order of the log",
    example: "{id: delay-mean, kind: mean, field: /dep_delay, min: -10, max: 60}",
  },
  quantile: {
    breach: "the ⌈q·n⌉-th smallest < min or > max, told by how many lie beyond: below ≥ q·n or n − above < q·n",
    example: "{id: delay-p95, kind: quantile, field: /dep_delay, q: 0.95, max: 240}",
  },
  complete: {
    breach:
      "records of the batch ≠ batch-count, or the sum of the CRC-32 of its values modulo 2^32, eight hex digits, ≠ batch-checksum; insufficient where neither was sent",
    example: "{id: whole, kind: complete}",
  },
  silence: {
    breach: "no record came to the gate for longer than gap; raised once, cleared by the next record",
    example: "{id: quiet, kind: silence, gap: 15m, owner: group:flight-ops}",
  },
  volume: {
    breach:
      "n < min or n > max · n < ratio.min·previous or n > ratio.max·previous · |n − median| > z·max(1.4826·MAD, √median), of at least 4 windows",
    example: "{id: volume, kind: volume, min: 500, ratio: {min: 0.5, max: 2}}",
  },
};
