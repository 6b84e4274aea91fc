import { columnKey, createReader, parseRecord, type FieldRequest, type RecordReader } from "@weir/contract";
import type { FieldTypes } from "@weir/expr";
import { allRows, dictionaryHeader, findHeader, WeirError, type Batch, type Failure } from "@weir/record";
import {
  compileRouter,
  createSampler,
  DEAD_LETTER_PORT,
  UNDECIDED,
  type RouteDecisions,
  type Router,
  type RouterProblem,
  type RouterSpec,
  type Sampler,
} from "@weir/routing";
import type { Decided, Port, Stage } from "@weir/stream";
import { requestOf } from "./requests.ts";
import { scopeAt, type Scoping } from "./scope.ts";

export interface RouterOptions {
  readonly id: string;
  readonly pipeline: string;
  readonly router: RouterSpec;
  /** What records have: `record.…`, `prediction.…`, `headers`. */
  readonly fieldTypes: FieldTypes;
  /** Member of the value that rules call `prediction`; default `prediction`. */
  readonly as?: string;
  /** Where the copies of the sample go; needed if the router has one. */
  readonly sampleTopic?: string;
  /** SHA-256 of the canonical pipeline, hex. */
  readonly spec: string;
  readonly owner: string;
  /** How columns are read; default without a schema, for records that a gate has let through. */
  readonly createReader?: (requests: readonly FieldRequest[]) => RecordReader;
  /** A record as an object; default of JSON. */
  readonly parse?: (batch: Batch, row: number) => unknown;
}

/** Sends every record down one branch. Throws a WeirError that names every problem of the rules. */
export function createStage(options: RouterOptions): Stage {
  const { id, spec, owner } = options;
  const routing = prepare(options);
  const ports: readonly Port[] = [
    ...routing.router.branches.map((name): Port => ({ name, kind: "data" })),
    { name: DEAD_LETTER_PORT, kind: "dead-letter" },
  ];
  return {
    id,
    ports,
    holds: false,
    process: (batches) => batches.map((batch) => routeBatch(batch, routing)),
    position: () => null,
    snapshot: () => [],
    assign: () => undefined,
    revoke: () => undefined,
    describe: () => ({ spec, owner }),
  };
}

interface Routing extends Scoping {
  readonly router: Router;
  readonly reader: RecordReader;
  /** Parallel to the router's reads. */
  readonly columnKeys: readonly string[];
  /** `<stage>@<first 8 hex of the spec>`, before the rule in a failure. */
  readonly tag: string;
  readonly sample: { readonly topic: string; readonly chooses: Sampler } | null;
}

function prepare(options: RouterOptions): Routing {
  const { id, pipeline, router: spec, as = "prediction" } = options;
  const { router, problems } = compileRouter(spec, options.fieldTypes);
  if (!router) throw refusal(id, problems);
  const requests = router.reads.map((read) => requestOf(read, as));
  return {
    router,
    as,
    parse: options.parse ?? parseRecord,
    // A reader without requests does not look at the records, and what is no JSON would go on.
    reader: (options.createReader ?? createReader)(requests.length > 0 ? requests : [requestOf({ path: "prediction", as: "boolean" }, as)]),
    columnKeys: requests.map(columnKey),
    tag: `${id}@${options.spec.slice(0, 8)}`,
    sample: sampleOf(spec, options.sampleTopic, `${pipeline}/${id}`),
  };
}

function sampleOf({ sample }: RouterSpec, topic: string | undefined, salt: string): Routing["sample"] {
  if (!sample) return null;
  if (topic === undefined) throw new Error("a router with a sample needs the topic of its copies");
  return { topic, chooses: createSampler(sample.share, salt) };
}

function refusal(stage: string, problems: readonly RouterProblem[]): WeirError {
  const lines = problems.map(({ rule, column, message, hint }) => {
    const place = rule === null ? "" : column === undefined ? `rule ${rule}: ` : `rule ${rule}, column ${column}: `;
    return `${place}${message}${hint === undefined ? "" : ` (${hint})`}`;
  });
  return new WeirError(
    {
      code: "WEIR-1401",
      what: "the router cannot work",
      where: `stage ${stage}`,
      why: lines.join("\n         "),
      fix: "correct the rules in the pipeline file",
    },
    { exitCode: 3 },
  );
}

function routeBatch(batch: Batch, routing: Routing): Decided {
  const { router } = routing;
  const failures = new Map<number, Failure>();
  const read = routing.reader.read(batch);
  for (const [row, { class: kind, message, retriable }] of read.failures)
    failures.set(row, { class: kind, message, ...(retriable && { retriable }) });
  const columns = routing.columnKeys.map((key) => {
    const column = read.columns.get(key);
    if (!column) throw new Error(`the reader gave no column ${key}`);
    return column;
  });
  const decisions = router.decide({ count: batch.count, columns, leaveOut: failures, scopeAt: (row) => scopeAt(batch, row, routing) });
  for (const [row, { rule, message }] of decisions.failures) {
    failures.set(row, { class: "ROUTE", message, retriable: false, rules: [`${routing.tag}/${rule}`] });
  }
  const copies = routing.sample && copiesOf(batch, decisions, routing.sample);
  return {
    batch,
    rows: allRows(batch.count),
    ports: portsOf(decisions, router),
    headers: [dictionaryHeader("weir.branch", router.labels, decisions.decided)],
    ...(failures.size > 0 && { failures }),
    ...(copies && { copies: [copies] }),
  };
}

function portsOf({ decided }: RouteDecisions, router: Router): Uint8Array {
  const ports = new Uint8Array(decided.length);
  const deadLetter = router.branches.length; // its port comes last
  for (let row = 0; row < ports.length; row++) {
    const decision = decided[row]!; // row < length
    ports[row] = decision === UNDECIDED ? deadLetter : router.branchOf[decision]!; // a branch for every decision
  }
  return ports;
}

/** Of the records that went down a branch, those whose id the sampler chooses. */
function copiesOf(
  batch: Batch,
  { decided }: RouteDecisions,
  sample: NonNullable<Routing["sample"]>,
): { readonly topic: string; readonly positions: Int32Array } | null {
  const ids = findHeader(batch, "weir.id");
  const chosen = new Int32Array(batch.count);
  let count = 0;
  for (let row = 0; row < batch.count; row++) {
    if (decided[row] === UNDECIDED) continue;
    ids.find(row);
    if (ids.length >= 0 ? sample.chooses(ids.bytes, ids.at, ids.length) : choosesUnstamped(batch, row, sample.chooses))
      chosen[count++] = row;
  }
  return count === 0 ? null : { topic: sample.topic, positions: chosen.subarray(0, count) };
}

const encoder = new TextEncoder();

/** Records that no runner has stamped are known by their place. */
function choosesUnstamped(batch: Batch, row: number, chooses: Sampler): boolean {
  const id = encoder.encode(`${batch.topic}-${batch.partition}-${batch.offset[row]}`);
  return chooses(id, 0, id.length);
}
