import { chi2 } from "./chi2.ts";
import type { Distance, DistanceName } from "./compared.ts";
import { hellinger } from "./hellinger.ts";
import { js } from "./js.ts";
import { ks } from "./ks.ts";
import { linf } from "./linf.ts";
import { proportion } from "./proportion.ts";
import { psi } from "./psi.ts";
import { wasserstein } from "./wasserstein.ts";

export const distances: { readonly [name in DistanceName]: Distance } = { js, psi, ks, chi2, wasserstein, linf, hellinger, proportion };
