import { execFile } from "node:child_process";
import { findJava } from "@weir/broker";
import { describeProblem, WeirError } from "@weir/record";
import { VERSION, type Connection, type Environment } from "@weir/service";
import { connect } from "../connect.ts";
import { table, type Output } from "../output.ts";

interface Finding {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Looks at everything that Weir needs; 4 when the broker does not answer, 0 otherwise: Java and Maven are needed only for the embedded one. */
export async function doctor(to: Connection, env: Environment, json: boolean, output: Output): Promise<number> {
  const findings = [
    { name: "weir", ok: true, detail: VERSION },
    { name: "node", ok: true, detail: process.versions.node },
    await look("java", async () => `Java ${(await findJava(env)).major}`),
    await look("maven", () => firstLine(env["WEIR_MVN"] ?? "mvn", ["--version"])),
    await look(`broker ${to.brokers.join(",")}`, () => brokerDetail(to)),
  ];
  if (json) output.data(JSON.stringify(findings));
  else
    for (const line of table(
      ["what", "", "detail"],
      findings.map((f) => [f.name, f.ok ? "ok" : "no", f.detail]),
    ))
      output.data(line);
  return findings.at(-1)?.ok === true ? 0 : 4;
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
async function brokerDetail(to: Connection): Promise<string> {
  const startedAt = performance.now();
  await using log = await connect(to, "doctor");
  await log.partitions(["__consumer_offsets"]);
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
