import type { Execution, Stage } from "@weir/stream";
import { VERSION } from "../version.ts";
import { createContexts, type Contexts } from "./contexts.ts";
import { watched } from "./watched.ts";

/** A span for every execution that was committed, with links to the traces of its records. */
export interface Tracing extends AsyncDisposable {
  /** The stage, its decisions looked at for trace contexts. */
  watch(stage: Stage): Stage;
  committed(execution: Execution): void;
}

export interface TracingOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly service: string;
  readonly pipeline: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What is not exported by then is left behind. */
const FLUSH_MS = 3000;

/**
 * Spans by OTLP over HTTP to where OTEL_EXPORTER_OTLP_ENDPOINT (or …_TRACES_ENDPOINT) says; the other OTEL_ variables are
 * read by OpenTelemetry itself. Null, and nothing of it loaded, where neither is set. What cannot be exported is dropped.
 */
export async function openTracing({ env, service, pipeline, now }: TracingOptions): Promise<Tracing | null> {
  if (!env["OTEL_EXPORTER_OTLP_ENDPOINT"] && !env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"]) return null;
  const [{ BasicTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }, { SpanKind }] = await Promise.all([
    import("@opentelemetry/sdk-trace-base"),
    import("@opentelemetry/exporter-trace-otlp-http"),
    import("@opentelemetry/resources"),
    import("@opentelemetry/api"),
  ]);
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({
      "service.name": env["OTEL_SERVICE_NAME"] || `weir-${service}`,
      "service.version": VERSION,
      "weir.pipeline": pipeline,
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  const tracer = provider.getTracer("weir", VERSION);
  const contexts = new Map<string, Contexts>();
  return {
    watch: (stage) => {
      const own = createContexts();
      contexts.set(stage.id, own);
      return watched(stage, own.saw);
    },
    committed: (execution) => {
      const links = contexts.get(execution.stage)?.take(execution.in) ?? [];
      tracer
        .startSpan(execution.stage, {
          kind: SpanKind.CONSUMER,
          root: true,
          startTime: Date.parse(execution.startedAt),
          links: links.map((context) => ({ context: { ...context, isRemote: true } })),
          attributes: attributesOf(execution),
        })
        .end(now());
    },
    [Symbol.asyncDispose]: async () => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, FLUSH_MS)));
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

function attributesOf(execution: Execution): Record<string, string | number> {
  const ports = Object.entries(execution.ports).map(([port, records]): [string, number] => [`weir.records.${port}`, records]);
  return {
    "messaging.system": "kafka",
    "messaging.batch.message_count": execution.in.reduce((n, range) => n + range.count, 0),
    "weir.execution": execution.id,
    "weir.slot": execution.slot,
    "weir.spec": execution.spec,
    ...(execution.model !== undefined && { "weir.model": execution.model }),
    ...Object.fromEntries(ports),
  };
}
