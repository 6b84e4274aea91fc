import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts } from "@weir/broker";
import { createKafkaLog } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import { expect, inject, test } from "vitest";
import { ROOT } from "../command.ts";

const TINI = "/usr/bin/tini";
const missing = existsSync(TINI) ? "" : ` (tini is not installed at ${TINI}, so this did not run)`;

test.skipIf(missing !== "")(
  `what the image starts is ready, and ends by itself when it is told to: built code, under tini${missing}`,
  async () => {
    expect(spawnSync(path.join(ROOT, "node_modules/.bin/tsc"), ["-b"], { cwd: ROOT }).status).toBe(0);
    const name = `image${Date.now().toString(36)}`;
    const folder = path.join(mkdtempSync(path.join(tmpdir(), "weir-image-")), name);
    cpSync(path.join(ROOT, "deploy/pipelines/flights"), folder, { recursive: true });
    const file = path.join(folder, "pipeline.yaml");
    writeFileSync(file, readFileSync(file, "utf8").replaceAll(/\bflights\b/g, name));
    const address = inject("kafka");
    await using log = await createKafkaLog({ brokers: [address], clientId: "weir-image" });
    await log.createTopics(loadPipeline(folder, {}).topology.topics);

    const dockerfile = readFileSync(path.join(ROOT, "Dockerfile"), "utf8");
    const [program = "", ...entry]: string[] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]");
    const [port = 0] = await freePorts(1);
    const child = spawn(program, [...entry.map((word) => word.replace(/^\/app\//, ROOT)), "run", "inference", "--port", String(port - 2)], {
      cwd: tmpdir(), // nothing may depend on where it is started
      env: {
        PATH: process.env["PATH"],
        NODE_ENV: "production",
        WEIR_HOST: "0.0.0.0",
        WEIR_PIPELINE: folder,
        WEIR_KAFKA: address,
        WEIR_SLOT: "inference-0",
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (piece: Buffer) => (said += piece.toString()));
    const ended = new Promise<number | string | null>((resolve) => child.once("exit", (code, signal) => resolve(code ?? signal)));
    const status = async (): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.status ?? 0;
    try {
      await expect.poll(status, { timeout: 90_000, interval: 500, message: said }).toBe(200);
      expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(200);
    } finally {
      child.kill("SIGTERM");
    }
    expect(await ended, said).toBe(0);
  },
);
