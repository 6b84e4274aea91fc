import fc from "fast-check";

// The same cases in every run, so that a red test is the change's doing; WEIR_SEED=N looks elsewhere. fast-check prints the seed with every failure.
fc.configureGlobal({ seed: Number(process.env["WEIR_SEED"] ?? 2013) });
