export type { Tails } from "./tails.ts";
export { logGamma } from "./log-gamma.ts";
export { regularisedGamma } from "./incomplete-gamma.ts";
export { regularisedBeta } from "./incomplete-beta.ts";
export { normalSf, normalUpperQuantile } from "./normal.ts";
export { chiSquareSf, chiSquareUpperQuantile } from "./chi-square.ts";
export { kolmogorovSf, kolmogorovUpperQuantile, kolmogorovOneSampleSf, kolmogorovTwoSampleSf, type TwoSample } from "./kolmogorov.ts";
export { binomialAtLeast, binomialAtMost, clopperPearson, wilson, type Interval } from "./binomial.ts";
export { fisherExact, type FisherTest, type TwoByTwo } from "./fisher.ts";
export { benjaminiHochberg, benjaminiYekutieli, discoveryLevel } from "./multiple.ts";
export { isotonicFit } from "./isotonic.ts";
export { addValue, mergeMoments, varianceOf, NO_MOMENTS, type Moments } from "./moments.ts";
export { quantileCells, quantileOfSorted, numberCell, type NumberCells } from "./cells.ts";
export {
  emptyLogBuckets,
  addToLogBuckets,
  mergeLogBuckets,
  quantileOfLogBuckets,
  type LogBuckets,
  type LogBucketOptions,
} from "./log-buckets.ts";
export { distances } from "./distance/distances.ts";
export type { Compared, Distance, DistanceName, Measured } from "./distance/compared.ts";
export { homogeneity, goodnessOfFit, type ChiSquareTest } from "./distance/chi2.ts";
export { ksOfSorted } from "./distance/ks.ts";
export { createESr, type ESr, type ESrOptions, type ESrState } from "./detector/e-sr.ts";
export { createAdwin, windowOf, type Adwin, type AdwinOptions, type AdwinState } from "./detector/adwin.ts";
export { createPageHinkley, type PageHinkley, type PageHinkleyOptions, type PageHinkleyState } from "./detector/page-hinkley.ts";
