import { checkedFeaturesOf } from "./card.mjs";
import { predict } from "./model.mjs";
import { serve } from "./serve.mjs";

// The second of three services: adds the prediction to records that the gate let through.

await serve("inference", `${process.env.BENCH_PREFIX}.pass`, async (value) => {
  const record = JSON.parse(value.toString());
  return { to: "scored", value: JSON.stringify({ ...record, prediction: await predict(checkedFeaturesOf(record)) }) };
});
