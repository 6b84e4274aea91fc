const SAMPLE_RECORDS = 200;

/** A small pipeline about orders: file by its path in the folder. */
export function starterFiles(name: string): Readonly<Record<string, string>> {
  return {
    "pipeline.yaml": pipeline(name),
    "record.schema.json": `${JSON.stringify(SCHEMA, null, 2)}\n`,
    "owners.yaml": owners(name),
    "pipeline.test.yaml": TESTS,
    "data/sample.ndjson": sample(),
  };
}

function pipeline(name: string): string {
  return `apiVersion: weir/v1
kind: Pipeline
metadata:
  name: ${name}
  owner: group:${name}-owners
  description: Orders, checked and sent to where they belong.
record:
  contract: record.schema.json
  id: /id
  key: /customer
  time: /ordered_at
stages:
  ingest:
    type: ingest
    http: {} # producers may write the topic themselves
    out: gate
  gate:
    type: gate
    # A window is held until it is judged: of a bad hour nothing goes on.
    window: { kind: time, every: 1h, lateness: 0s, hold: true, minRecords: 20, late: quarantine }
    rules:
      - { id: contract, kind: schema }
      - { id: country-nulls, kind: nullRate, field: /country, max: 20%, action: quarantineWindow }
      - { id: amount, kind: range, field: /amount, min: 0, max: 10000, action: quarantineRecord }
    pass: route
  # A model comes between the two: weir explain WEIR-1601 says where its files lie.
  route:
    type: router
    rules:
      - { id: large, when: "record.amount >= 1000.0", to: review }
    default: auto
`;
}

const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["id", "customer", "ordered_at", "amount"],
  properties: {
    id: { type: "string" },
    customer: { type: "string" },
    ordered_at: { type: "string", format: "date-time" },
    amount: { type: "number" },
    country: { type: ["string", "null"] },
  },
};

function owners(name: string): string {
  return `users:
  somebody: { name: Somebody }
groups:
  ${name}-owners: { members: [user:somebody], channel: ops-webhook, policy: std }
policies:
  std: { steps: [{ after: 0m, notify: [owner] }] }
`;
}

const TESTS = `# weir test: records in, and where they have to end.
defaults: { customer: c-1, ordered_at: "2026-01-05T10:00:00Z", amount: 20, country: NO }
tests:
  - name: a large order is looked at, a small one is not
    given:
      - { id: small }
      - { id: large, amount: 2500 }
    expect:
      records:
        - { id: small, port: route.auto, fields: { /amount: 20 } }
        - { id: large, port: route.review }

  - name: an order below nothing is quarantined, one without an amount is a dead letter
    given:
      - { id: below, amount: -1 }
      - '{"id": "without", "customer": "c-1", "ordered_at": "2026-01-05T10:00:00Z"}'
    expect:
      records:
        - { id: below, port: gate.quarantine, rule: amount }
      counts: { gate.dlq: 1, route.auto: 0 }

  - name: an hour in which the countries are missing is stopped
    given: { file: data/sample.ndjson }
    expect:
      counts: { gate.pass: 100, gate.quarantine: 100 }
      windows: { "gate/time/2026-01-05T10:00Z/0": pass, "gate/time/2026-01-05T11:00Z/0": breach }
`;

/** Two hours of orders: in the second one country in two is missing. */
function sample(): string {
  const lines = Array.from({ length: SAMPLE_RECORDS }, (_, n) => {
    const half = SAMPLE_RECORDS / 2;
    const [hour, minute] = [n < half ? 10 : 11, Math.floor(((n % half) * 60) / half)];
    return JSON.stringify({
      id: `order-${n}`,
      customer: `c-${n % 17}`,
      ordered_at: `2026-01-05T${hour}:${String(minute).padStart(2, "0")}:00Z`,
      amount: (n * 37) % 1500,
      country: n >= half && n % 2 === 0 ? null : ["NO", "SE", "DK"][n % 3],
    });
  });
  return `${lines.join("\n")}\n`;
}
