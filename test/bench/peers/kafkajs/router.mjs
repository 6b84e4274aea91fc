import { branchOf } from "./branch.mjs";
import { serve } from "./serve.mjs";

// The last of three services: chooses the branch and hands the record on as it came.

await serve("router", `${process.env.BENCH_PREFIX}.scored`, (value) => ({ to: branchOf(JSON.parse(value.toString()).prediction), value }));
