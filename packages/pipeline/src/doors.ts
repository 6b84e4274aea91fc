/** The doors of a pipeline: how records come in beside producers that write the entry topic themselves. */
export interface Doors {
  /** `POST /v1/<pipeline>/records` */
  readonly http?: HttpDoor;
  /** `POST /v1/<pipeline>/webhooks/<name>` */
  readonly webhook?: Readonly<Record<string, WebhookSource>>;
  readonly files?: Readonly<Record<string, FileSource>>;
  readonly pull?: Readonly<Record<string, PullSource>>;
}

export interface HttpDoor {
  /** Records of one request, and of one transaction of an NDJSON stream. */
  readonly batchMax: number;
  /** `sha256:<hex>` of each API key, by the name of its holder. Empty: whoever reaches the port may write. */
  readonly keys: Readonly<Record<string, string>>;
  /** Request headers that become headers of its records. */
  readonly headers: readonly string[];
  readonly limits: HttpLimits;
  readonly idempotency: IdempotencySpec;
}

export interface HttpLimits {
  /** Bytes of a body, unpacked. */
  readonly body: number;
  /** Bytes of an NDJSON stream, unpacked. */
  readonly stream: number;
  /** Bytes of one record. */
  readonly record: number;
  /** Arrays and objects inside one another. */
  readonly depth: number;
  /** Records a second and API key (of all together where there are none); null: as many as the log takes. */
  readonly rate: number | null;
}

export interface IdempotencySpec {
  /** How long a repeated `Idempotency-Key` gets its answer again, in milliseconds. */
  readonly keep: number;
  /** How many keys are known at a time; the oldest are forgotten. */
  readonly keys: number;
}

export interface WebhookSource {
  /** `standard`: webhook-id, webhook-timestamp and webhook-signature (standardwebhooks.com); `stripe`: stripe-signature. */
  readonly scheme: "standard" | "stripe";
  /** Any of them may have signed: two while one is replaced by another. */
  readonly secrets: readonly string[];
  /** How far the sender's clock may be from ours, in milliseconds: older requests are replays. */
  readonly tolerance: number;
}

export interface FileSource {
  /** Folder, relative to the pipeline's, or a bucket. */
  readonly from: { readonly folder: string } | { readonly bucket: BucketSpec };
  /** Which files: `*` is anything within a name. */
  readonly match: string;
  /** `auto`: by the ending of the name, before `.gz`. */
  readonly format: "auto" | "ndjson" | "csv";
  /** How often it looks, in milliseconds. */
  readonly every: number;
  /** How long a file must have stayed as it is until its last line counts without a line feed, in milliseconds. */
  readonly settle: number;
}

/** A bucket of anything that speaks S3's listing and reading. */
export interface BucketSpec {
  readonly endpoint: string;
  readonly name: string;
  readonly prefix: string;
  readonly region: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface PullSource {
  /** `{cursor}` is replaced by the last cursor. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly every: number;
  /** JSON pointer of the array of records. */
  readonly records: string;
  /** JSON pointer of the next cursor. */
  readonly cursor: string;
  /** Cursor of the first request. */
  readonly start: string;
  /** Bytes of an answer. */
  readonly maxBytes: number;
}

/** The doors without what must be known to nobody: secrets are no part of what a pipeline means. */
export function withoutSecrets(doors: Doors): Doors {
  const each = <T>(map: Readonly<Record<string, T>> | undefined, clean: (item: T) => T): Readonly<Record<string, T>> | undefined =>
    map && Object.fromEntries(Object.entries(map).map(([name, item]) => [name, clean(item)]));
  const webhook = each(doors.webhook, (source) => ({ ...source, secrets: [] }));
  const files = each(doors.files, ({ from, ...source }) => ({
    ...source,
    from: "bucket" in from ? { bucket: { ...from.bucket, accessKey: "", secretKey: "" } } : from,
  }));
  const pull = each(doors.pull, (source) => ({ ...source, headers: {} }));
  return {
    ...(doors.http && { http: doors.http }),
    ...(webhook && { webhook }),
    ...(files && { files }),
    ...(pull && { pull }),
  };
}

/** Do repeated requests have to be known? */
export function keepsReceipts(doors: Doors): boolean {
  return doors.http !== undefined || doors.webhook !== undefined;
}

/** Do positions have to be kept? */
export function keepsPositions(doors: Doors): boolean {
  return doors.files !== undefined || doors.pull !== undefined;
}
