export { systemClock } from "./clock.ts";
export { sha256 } from "./hash.ts";
export { createLogger, type Logger, type LoggerOptions } from "./logger.ts";
export { createMetrics, type Metrics } from "./metrics.ts";
export { stageTelemetry, type TelemetryOptions } from "./telemetry.ts";
export { serveHttp, type HttpServer, type HttpOptions } from "./http.ts";
