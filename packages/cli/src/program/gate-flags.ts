import { WeirError } from "@weir/record";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { LoadedPipeline } from "@weir/service";

/** A gate of a pipeline, and where its records come from. */
export interface NamedGate {
  readonly id: string;
  readonly input: string;
  readonly window: WindowSpec | null;
  readonly rules: readonly RuleSpec[];
}

/** The gate of that name; without a name the first. */
export function gateNamed({ pipeline, topology }: LoadedPipeline, name: string | undefined): NamedGate {
  const gates = [...pipeline.stages.values()].filter((stage) => stage.type === "gate");
  const gate = gates.find(({ id }) => name === undefined || id === name);
  const input = gate && topology.stages.find(({ id }) => id === gate.id)?.inputs[0];
  if (gate && input !== undefined) return { id: gate.id, input, window: gate.window ?? null, rules: gate.rules };
  throw new WeirError(
    {
      code: "WEIR-6004",
      what: name === undefined ? `${pipeline.name} has no gate` : `${pipeline.name} has no gate ${name}`,
      ...(gates.length > 0 && { fix: `use --stage ${gates.map(({ id }) => id).join(" or ")}` }),
    },
    { exitCode: 2 },
  );
}

/** A whole number of at least 0; null when the flag was not given. */
export function offsetFlag(flag: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw new WeirError({ code: "WEIR-6004", what: `${flag} ${value} is no whole number`, fix: `${flag} 0` }, { exitCode: 2 });
}
