import { WeirError } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";

/**
 * For commands that make or look into records as JSON text.
 * @throws {WeirError} WEIR-6041 the records are Avro, exit code 2
 */
export function jsonOnly({ pipeline }: LoadedPipeline, command: string): void {
  if (pipeline.record.format === "json") return;
  throw new WeirError(
    {
      code: "WEIR-6041",
      what: `${command} takes JSON, and the records of ${pipeline.name} are Avro`,
      why: "it reads or writes records as JSON text, and does not encode or decode Avro yet",
      fix: "use the tools of your registry, such as kafka-avro-console-producer and -consumer; weir up, run, dlq, replay and audit take Avro",
    },
    { exitCode: 2 },
  );
}
