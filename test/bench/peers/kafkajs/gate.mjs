import { featuresOf, parse } from "./card.mjs";
import { serve } from "./serve.mjs";

// The first of three services: checks every record and hands it on as it came.

await serve("gate", process.env.BENCH_INPUT, (value) => {
  const record = parse(value?.toString() ?? "");
  return { to: record && featuresOf(record) ? "pass" : "refused", value };
});
