import type { Contract } from "@weir/contract";
import { portsOf, type StageSpec } from "./pipeline.ts";

/** What an inference stage adds to a record: label and confidence are those of a classifier. */
const PREDICTION = {
  type: "object",
  properties: {
    label: { type: "string" },
    confidence: { type: "number" },
    scores: { type: "object", additionalProperties: { type: "number" } },
    model: { type: "string" },
  },
  required: ["scores", "model"],
};

/** The contract that the records of a stage meet: that of the pipeline, and the predictions of the inference stages that come before it. */
export function contractAt(contract: Contract, stages: ReadonlyMap<string, StageSpec>, stageId: string): Contract {
  const added = [...stages.values()].flatMap((stage) => (stage.type === "inference" && leadsTo(stages, stage, stageId) ? [stage.as] : []));
  return added.length === 0 ? contract : contract.withMembers(Object.fromEntries(added.map((as) => [as, PREDICTION])));
}

function leadsTo(stages: ReadonlyMap<string, StageSpec>, from: StageSpec, to: string): boolean {
  const seen = new Set<string>();
  const open: StageSpec[] = [from];
  for (let stage = open.pop(); stage !== undefined; stage = open.pop()) {
    for (const { stage: next } of portsOf(stage).values()) {
      if (next === to) return true;
      const found = next === undefined || seen.has(next) ? undefined : stages.get(next);
      if (found === undefined) continue;
      seen.add(found.id);
      open.push(found);
    }
  }
  return false;
}
