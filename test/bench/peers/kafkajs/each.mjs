import { branchOf } from "./branch.mjs";
import { featuresOf, parse } from "./card.mjs";
import { predict } from "./model.mjs";
import { serve } from "./serve.mjs";

// One service that does all of it.

await serve("each", process.env.BENCH_INPUT, async (value) => {
  const record = parse(value?.toString() ?? "");
  const features = record && featuresOf(record);
  if (!features) return { to: "refused", value };
  const prediction = await predict(features);
  return { to: branchOf(prediction), value: JSON.stringify({ ...record, prediction }) };
});
