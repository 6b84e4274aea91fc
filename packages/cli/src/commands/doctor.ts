import { execFile } from "node:child_process";
import { findJava } from "@weir/broker";
import type { RegistryEnvironment } from "@weir/pipeline";
import { describeProblem, WeirError } from "@weir/record";
import { createSchemaRegistry } from "@weir/schema-registry";
import { VERSION, type Connection, type Environment } from "@weir/service";
import { connect } from "../connect.ts";
import { table, type Output } from "../output.ts";

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface Surroundings {
  readonly broker: Connection;
  /** Null: none is named, and only pipelines whose records are Avro need one. */
  readonly registry: (() => RegistryEnvironment) | null;
  readonly env: Environment;
}

/**
 * Looks at everything that Weir needs; 4 when the broker does not answer, or a registry that is named, 0 otherwise: Java and Maven are
 * needed only for the embedded broker.
 */
export async function doctor({ broker, registry, env }: Surroundings, json: boolean, output: Output): Promise<number> {
  const servers = [
    await look(`broker ${broker.brokers.join(",")}`, () => brokerDetail(broker)),
    ...(registry === null ? [] : [await look(`registry ${registry().url}`, () => registryDetail(registry))]),
  ];
  const findings = [
    { name: "weir", ok: true, detail: VERSION },
    { name: "node", ok: true, detail: process.versions.node },
    await look("java", async () => `Java ${(await findJava(env)).major}`),
    await look("maven", () => firstLine(env["WEIR_MVN"] ?? "mvn", ["--version"])),
    ...servers,
  ];
  if (json) output.data(JSON.stringify(findings));
  else
    for (const line of table(
      ["what", "", "detail"],
      findings.map((f) => [f.name, f.ok ? "ok" : "no", f.detail]),
    ))
      output.data(line);
  return servers.every(({ ok }) => ok) ? 0 : 4;
}

async function look(name: string, ask: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await ask() };
  } catch (error) {
    const detail =
      error instanceof WeirError
        ? describeProblem(error.problem)
            .split("\n")
            .map((l) => l.trim())
            .join(" · ")
        : error instanceof Error
          ? error.message
          : String(error);
    return { name, ok: false, detail };
  }
}

/** A connection, and how far its clock is from ours cannot be asked of Kafka; that it answers metadata is what counts. */
function brokerDetail(to: Connection): Promise<string> {
  return timed(async () => {
    await using log = await connect(to, "doctor");
    await log.partitions(["__consumer_offsets"]);
  });
}

/** Some id: that it does not know it is an answer too. */
function registryDetail(registry: () => RegistryEnvironment): Promise<string> {
  return timed(() => createSchemaRegistry(registry).find(1));
}

async function timed(ask: () => Promise<unknown>): Promise<string> {
  const startedAt = performance.now();
  await ask();
  return `answers in ${Math.round(performance.now() - startedAt)} ms`;
}

function firstLine(command: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { timeout: 20_000 }, (error, stdout) =>
      error
        ? reject(error)
        : resolve(
            stdout
              .replace(/\x1b\[[0-9;]*m/g, "")
              .split("\n")[0]
              ?.trim() ?? "",
          ),
    );
  });
}
