import { Registry, type Metric, type OpenMetricsContentType } from "prom-client";

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

const OPEN_METRICS = Registry.OPENMETRICS_CONTENT_TYPE;

/** What is scraped, in the format that the scraper prefers: OpenMetrics where it asks for it, Prometheus' text format otherwise. */
export async function expose(registry: Registry, accept: string | undefined): Promise<Exposition> {
  if (!prefersOpenMetrics(accept)) return { contentType: registry.contentType, text: await registry.metrics() };
  const open = new Registry<OpenMetricsContentType>();
  open.setContentType(OPEN_METRICS);
  for (const { name } of registry.getMetricsAsArray()) {
    const metric = registry.getSingleMetric(name);
    if (metric) open.registerMetric(nameable(metric));
  }
  return { contentType: OPEN_METRICS, text: await open.metrics() };
}

/** OpenMetrics names a counter's family without `_total`, and the library renames it in place: so it renames a stand-in. */
function nameable(metric: Metric): Metric {
  const standIn: Metric = Object.create(metric);
  return standIn;
}

/** By the weights of the Accept header; equal weights go to OpenMetrics. */
function prefersOpenMetrics(accept: string | undefined): boolean {
  const weightOf = (type: string): number => {
    const weights = (accept ?? "")
      .split(",")
      .map((range) => range.trim().split(/\s*;\s*/))
      .filter(([name]) => name?.toLowerCase() === type)
      .map(([, ...parameters]) => Number(parameters.find((p) => p.startsWith("q="))?.slice(2) ?? 1));
    return Math.max(0, ...weights.filter((w) => !Number.isNaN(w)));
  };
  const open = weightOf("application/openmetrics-text");
  return open > 0 && open >= weightOf("text/plain");
}
