import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { systemClock } from "@weir/service";
import { createMemoryLog, type MemoryLog } from "@weir/stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDoor, type RunningDoor } from "./door.ts";

const KEY = "k-1234567890";
const HASH = `sha256:${createHash("sha256").update(KEY).digest("hex")}`;
const PATH = "/v1/p/records";
const MIB = 1_048_576;

let log: MemoryLog;
let door: RunningDoor;
beforeAll(async () => {
  log = createMemoryLog({ clock: systemClock });
  door = await openDoor({
    log,
    doors: `http: {batchMax: 100, keys: {me: '${HASH}'}, limits: {body: 2MiB, stream: 3MiB, depth: 64}}`,
    patience: {
      pace: { graceMs: 200, bytesPerSecond: 1000 },
      connections: { headersMs: 300, requestMs: 5000, headerBytes: 16_384, connections: 200 },
    },
  });
});
afterAll(() => door[Symbol.asyncDispose]());

type Body = string | Uint8Array;
type Headers = Readonly<Record<string, string>>;
type Bad = readonly [name: string, body: Body, headers: Headers, status: number, code: string, said: string];

const json = (name: string, body: Body, status: number, code: string, said: string): Bad => [name, body, {}, status, code, said];
const typed = (name: string, type: string, body: Body, status: number, code: string, said: string): Bad => [
  name,
  body,
  { "content-type": type },
  status,
  code,
  said,
];
const nested = (depth: number): string => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");
const utf16 = Buffer.from('\ufeff{"id":"a"}', "utf16le");
const event = (more: string): string => `{"specversion":"1.0","id":"e","source":"/s","type":"t"${more}}`;
const [CE, CES, NDJSON] = ["application/cloudevents+json", "application/cloudevents-batch+json", "application/x-ndjson"];
const binary: Headers = { "ce-specversion": "1.0", "ce-id": "e", "ce-source": "/s", "ce-type": "t" };

const LINES = `{"a":"${"x".repeat(1000)}"}\n`.repeat(4200);
const NOT_JSON = "the body is not JSON";
const bad: readonly Bad[] = [
  json("nothing", "", 400, "WEIR-3010", "the body is empty"),
  json("white space", " \r\n\t", 400, "WEIR-3010", "the body is empty"),
  json("a truncated object", '{"id":"a"', 400, "WEIR-3010", "byte 9"),
  json("a truncated text", '{"id":"a', 400, "WEIR-3010", "byte 6"),
  json("a truncated name", '{"id', 400, "WEIR-3010", "byte 1"),
  json("a truncated array", '[{"id":"a"},', 400, "WEIR-3010", NOT_JSON),
  json("an array without an end", '[{"id":"a"}', 400, "WEIR-3010", "the array has no end"),
  json("a comma too many", '{"id":"a",}', 400, "WEIR-3010", "`}` stands where a name in quotes should be"),
  json("a comma too many in an array", '[{"id":"a"},]', 400, "WEIR-3010", "`]` stands where a value should be"),
  json("no comma", '[{"id":"a"} {"id":"b"}]', 400, "WEIR-3010", "`{` stands where `,` or `]` should be"),
  json("no colon", '{"id" "a"}', 400, "WEIR-3010", "where `:` should be"),
  json("a bare word", "hello", 400, "WEIR-3010", "`h` stands where a value should be"),
  json("single quotes", "{'id':'a'}", 400, "WEIR-3010", "where a name in quotes should be"),
  json("names without quotes", "{id:1}", 400, "WEIR-3010", "where a name in quotes should be"),
  json("NaN", '{"id":"a","n":NaN}', 400, "WEIR-3010", "`N` stands where a value should be"),
  json("Infinity", '{"n":Infinity}', 400, "WEIR-3010", "`I` stands where a value should be"),
  json("-Infinity", '{"n":-Infinity}', 400, "WEIR-3010", NOT_JSON),
  json("undefined", '{"n":undefined}', 400, "WEIR-3010", "`u` stands where a value should be"),
  json("a leading zero", '{"n":01}', 400, "WEIR-3010", NOT_JSON),
  json("a leading plus", '{"n":+1}', 400, "WEIR-3010", NOT_JSON),
  json("a point without digits", '{"n":1.}', 400, "WEIR-3010", NOT_JSON),
  json("a hexadecimal number", '{"n":0x10}', 400, "WEIR-3010", NOT_JSON),
  json("a comment", '{"n":1 /* one */}', 400, "WEIR-3010", NOT_JSON),
  json("two values", '{"id":"a"}{"id":"b"}', 400, "WEIR-3010", "something follows the value"),
  json("something behind an array", '[{"id":"a"}]x', 400, "WEIR-3010", "something follows the array"),
  json("a control character in a text", '{"id":"a\u0001"}', 400, "WEIR-3010", "a control character"),
  json("a line feed in a text", '{"id":"a\n"}', 400, "WEIR-3010", "a control character"),
  json("a wrong escape", '{"id":"\\x41"}', 400, "WEIR-3010", "a wrong escape"),
  json("half an escape", '{"id":"\\u12"}', 400, "WEIR-3010", "a wrong escape"),
  json("Latin-1", latin1('{"id":"é"}'), 400, "WEIR-3010", "is not UTF-8"),
  json("UTF-16", utf16, 400, "WEIR-3010", NOT_JSON),
  json("a byte order mark", '\ufeff{"id":"a"}', 400, "WEIR-3010", "the byte 0xef"),
  json(
    "an overlong UTF-8 form",
    Buffer.from([...Buffer.from('{"id":"'), 0xc0, 0xaf, ...Buffer.from('"}')]),
    400,
    "WEIR-3010",
    "is not UTF-8",
  ),
  json(
    "a lone surrogate in UTF-8",
    Buffer.from([...Buffer.from('{"id":"'), 0xed, 0xa0, 0x80, ...Buffer.from('"}')]),
    400,
    "WEIR-3010",
    "is not UTF-8",
  ),
  json("zero bytes", new Uint8Array(100), 400, "WEIR-3010", "the byte 0x00"),
  json("XML", "<?xml version='1.0'?>", 400, "WEIR-3010", "`<` stands where a value should be"),
  json("a form", "id=a&n=1", 400, "WEIR-3010", NOT_JSON),
  json("null", "null", 422, "WEIR-3012", "the record is null, not an object"),
  json("a number", "17", 422, "WEIR-3012", "the record is a number, not an object"),
  json("a huge number", "1e999999", 422, "WEIR-3012", "a number"),
  json("a text", '"a"', 422, "WEIR-3012", "the record is a text, not an object"),
  json("a truth value", "true", 422, "WEIR-3012", "the record is a truth value, not an object"),
  json("an array of null", "[null]", 422, "WEIR-3012", "the record is null, not an object"),
  json("an array of arrays", "[[{}]]", 422, "WEIR-3012", "the record is an array, not an object"),
  json("depth 65", nested(64), 422, "WEIR-3014", "at most 64 arrays and objects"),
  json("depth 10,000", nested(10_000), 422, "WEIR-3014", "at most 64 arrays and objects"),
  json("depth 1,000,000", "[".repeat(1_000_000), 400, "WEIR-3010", "nested deeper than 20000"),
  json("a name twice", '{"id":"a","id":"b"}', 422, "WEIR-3015", 'the name \\"id\\" stands twice'),
  json("a name twice, once escaped", '{"id":"a","\\u0069d":"b"}', 422, "WEIR-3015", 'the name \\"id\\" stands twice'),
  json("__proto__ twice", '{"__proto__":{},"__proto__":{}}', 422, "WEIR-3015", "__proto__"),
  json("a name twice further inside", '{"a":[{"b":1,"b":2}]}', 422, "WEIR-3015", "byte 13"),
  json("a record of 1.5 MB", `{"id":"${"x".repeat(1_500_000)}"}`, 413, "WEIR-3013", "at most 1000000 are taken"),
  json("a record of 5 MB", `{"id":"${"x".repeat(5_000_000)}"}`, 413, "WEIR-3008", "the body has more than 2097152 bytes"),
  json("a key of 40 kB", `{"id":"${"x".repeat(40_000)}"}`, 413, "WEIR-3013", "at most 32768 are taken"),
  json("101 records", JSON.stringify(Array.from({ length: 101 }, () => ({}))), 413, "WEIR-3011", "more than 100 records"),
  json("an empty array", "[]", 400, "WEIR-3010", "the body holds no record"),
  typed("no such type", "text/plain", "{}", 415, "WEIR-3006", "text/plain"),
  typed("a form's type", "application/x-www-form-urlencoded", "a=1", 415, "WEIR-3006", "not a type that records come in"),
  typed("several parts", "multipart/form-data; boundary=x", "--x--", 415, "WEIR-3006", "not a type that records come in"),
  typed("bytes", "application/octet-stream", "{}", 415, "WEIR-3006", "not a type that records come in"),
  typed("Avro", "avro/binary", "{}", 415, "WEIR-3006", "not a type that records come in"),
  typed("a type that is none", "json", "{}", 415, "WEIR-", ""),
  typed("another charset", "application/json; charset=iso-8859-1", "{}", 415, "WEIR-3006", "records come in UTF-8, not in"),
  typed("UTF-16 that says so", 'application/json; charset="utf-16"', utf16, 415, "WEIR-3006", "utf-16"),
  typed("an unknown CloudEvents type", "application/cloudevents+avro", "{}", 415, "WEIR-3006", "not a type that records come in"),
  ["no type", Buffer.from("{}"), { "content-type": "" }, 415, "WEIR-3006", ""],
  typed("lines of which none is a record", NDJSON, "1\n[]\nnull", 422, "", '"refused":3'),
  typed("no lines", NDJSON, "\n\n \n", 400, "WEIR-3010", "the body is empty"),
  typed("a stream of 4 MB", NDJSON, LINES, 413, "WEIR-3008", "more than 3145728 bytes"),
  ["a packed stream of 4 MB", gzipSync(LINES), { "content-type": NDJSON, "content-encoding": "gzip" }, 413, "WEIR-3025", "WEIR-3008"],
  typed("a line of 2.5 MB", NDJSON, `{"a":"${"x".repeat(2_500_000)}"}`, 422, "", "WEIR-3013"),
  [
    "101 lines with a key",
    "{}\n".repeat(101),
    { "content-type": NDJSON, "idempotency-key": "a" },
    413,
    "WEIR-3011",
    "more than 100 records",
  ],
  ["gzip that is none", "{}", { "content-encoding": "gzip" }, 400, "WEIR-3009", "incorrect header check"],
  [
    "truncated gzip",
    gzipSync('{"id":"abcdefghijkl"}').subarray(0, 20),
    { "content-encoding": "gzip" },
    400,
    "WEIR-3009",
    "unexpected end of file",
  ],
  ["damaged gzip", gzipSync("{}").fill(7, 12), { "content-encoding": "gzip" }, 400, "WEIR-3009", "cannot be unpacked"],
  ["a zip bomb", gzipSync(Buffer.alloc(64 * MIB, 32)), { "content-encoding": "gzip" }, 413, "WEIR-3008", "counted unpacked"],
  [
    "a zip bomb of lines",
    gzipSync(Buffer.alloc(16 * MIB, 10)),
    { "content-encoding": "gzip", "content-type": NDJSON },
    413,
    "WEIR-3008",
    "3145728",
  ],
  ["brotli", "{}", { "content-encoding": "br" }, 415, "WEIR-3007", "only gzip is"],
  ["gzip twice", "{}", { "content-encoding": "gzip, gzip" }, 415, "WEIR-3007", "only once"],
  ["no API key", "{}", { authorization: "" }, 401, "WEIR-3002", "the request has no API key"],
  ["a wrong API key", "{}", { authorization: "Bearer wrong" }, 401, "WEIR-3002", "the API key is not known"],
  ["the hash instead of the key", "{}", { authorization: `Bearer ${HASH}` }, 401, "WEIR-3002", "the API key is not known"],
  ["a key of another kind", "{}", { authorization: `Basic ${KEY}` }, 401, "WEIR-3002", "the request has no API key"],
  ["an Idempotency-Key with a space", "{}", { "idempotency-key": "a b" }, 400, "WEIR-3018", "1 to 255 printable characters"],
  ["an Idempotency-Key of 300 characters", "{}", { "idempotency-key": "x".repeat(300) }, 400, "WEIR-3018", "1 to 255 printable characters"],
  typed(
    "an event without an id",
    CE,
    '{"specversion":"1.0","source":"/s","type":"t","data":{}}',
    422,
    "WEIR-3016",
    "attribute id is missing",
  ),
  typed(
    "an event with an empty type",
    CE,
    '{"specversion":"1.0","id":"e","source":"/s","type":"","data":{}}',
    422,
    "WEIR-3016",
    "attribute type is missing or empty",
  ),
  typed(
    "an event of version 0.3",
    CE,
    '{"specversion":"0.3","id":"e","source":"/s","type":"t","data":{}}',
    422,
    "WEIR-3016",
    "only 1.0 is known",
  ),
  typed("an event without data", CE, event(""), 422, "WEIR-3016", "it has no data"),
  typed("an event with two data", CE, event(',"data":{},"data_base64":"e30="'), 422, "WEIR-3016", "both data and data_base64"),
  typed("an event whose base64 is none", CE, event(',"data_base64":"***"'), 422, "WEIR-3016", "is not base64"),
  typed("an event of XML", CE, event(',"datacontenttype":"application/xml","data":"<a/>"'), 422, "WEIR-3016", "records are JSON"),
  typed("an event whose data is text", CE, event(',"data":"a"'), 422, "WEIR-3012", "a text, not an object"),
  typed("an attribute with a capital", CE, event(',"myAttr":"x","data":{}'), 422, "WEIR-3016", "no name of an attribute"),
  typed("an attribute that is an object", CE, event(',"ext":{},"data":{}'), 422, "WEIR-3016", "neither text, number nor truth value"),
  typed("an array where one event should be", CE, `[${event(',"data":{}')}]`, 422, "WEIR-3012", "an array, not an object"),
  typed("a batch that is no array", CES, event(',"data":{}'), 400, "WEIR-3010", "is a JSON array"),
  [
    "a binary event without a source",
    "{}",
    { "ce-specversion": "1.0", "ce-id": "e", "ce-type": "t" },
    400,
    "WEIR-3016",
    "attribute source is missing",
  ],
  ["a binary event that is no JSON", "<a/>", binary, 400, "WEIR-3010", NOT_JSON],
  ["a binary event of XML", "<a/>", { ...binary, "content-type": "application/xml" }, 415, "WEIR-3006", "not a type that records come in"],
];

test(`there are at least 80 of them`, () => {
  expect(bad.length).toBeGreaterThanOrEqual(80);
});

test.each(bad)("%s is refused, and said why", async (_name, body, headers, status, code, said) => {
  const before = log.read("p.ingest.out")[0]?.length ?? 0;
  const answer = await post(PATH, body, { "content-type": "application/json", authorization: `Bearer ${KEY}`, ...headers });
  expect(answer.text).toContain(said);
  expect([answer.status, answer.text.includes(`"code":"${code}`) || code === ""]).toEqual([status, true]);
  if (code !== "WEIR-3025") expect(log.read("p.ingest.out")[0]?.length ?? 0).toBe(before); // a stream may be written in part
});

/** Headers as they are given, an empty one not sent; the answer even where the body is not read to its end. */
function post(path: string, body: Body, headers: Headers): Promise<{ readonly status: number; readonly text: string }> {
  const { hostname, port } = new URL(door.url);
  const sent = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""));
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method: "POST", headers: { ...sent, "content-length": Buffer.byteLength(body) } });
    request.on("response", (response) => {
      let text = "";
      response.on("data", (piece: Buffer) => (text += piece.toString()));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** What the door says to these bytes, sent with pauses, until it ends the connection or has said all. */
function slowly(parts: readonly string[], pauseMs: number): Promise<string> {
  const { hostname, port } = new URL(door.url);
  return new Promise((resolve, reject) => {
    let said = "";
    const socket = connect(Number(port), hostname);
    const stop = systemClock.every(pauseMs, () => void (socket.writable && socket.write(parts[next++] ?? " ")));
    let next = 0;
    socket.on("data", (piece: Buffer) => (said += piece.toString()));
    socket.on("close", () => {
      stop();
      resolve(said);
    });
    socket.on("error", reject);
  });
}

const HEAD = `POST ${PATH} HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${KEY}\r\ncontent-type: application/json\r\n`;
test.each([
  ["a body that comes byte by byte", [`${HEAD}content-length: 100000\r\n\r\n`], "408", "WEIR-3022"],
  ["headers that come byte by byte", ["POST ", PATH], "408", "WEIR-5121"],
  ["a flood of headers", [`${HEAD}${Array.from({ length: 3000 }, (_, i) => `x-${i}: y\r\n`).join("")}\r\n`], "431", "WEIR-5122"],
  ["a length that is none", [`${HEAD}content-length: many\r\n\r\n`], "400", "WEIR-5123"],
  ["two lengths", [`${HEAD}content-length: 5\r\ncontent-length: 6\r\n\r\n12345`], "400", "WEIR-5123"],
  ["a chunk that is none", [`${HEAD}transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`], "400", "WEIR-"],
] as const)("%s ends the connection with an answer", async (_, parts, status, code) => {
  const said = await slowly(parts, 20);
  expect(said).toContain(`HTTP/1.1 ${status}`);
  expect(said).toContain(code);
});

test.each([
  ["another pipeline", "POST", "/v1/q/records", 404, "WEIR-3001"],
  ["no such address", "POST", "/v1/p/record", 404, "WEIR-5125"],
  ["another method", "GET", PATH, 405, "WEIR-5124"],
  ["a webhook where there are none", "POST", "/v1/p/webhooks/x", 404, "WEIR-5125"],
])("%s is told", async (_, method, path, status, code) => {
  const answer = await fetch(`${door.url}${path}`, { method });
  expect([answer.status, await answer.json()]).toEqual([status, expect.objectContaining({ code })]);
});

test("after all of this the door is ready, writes, and holds nothing", async () => {
  expect((await fetch(`${door.url}/readyz`)).status).toBe(200);
  const answer = await post(PATH, '{"id":"well"}', { "content-type": "application/json", authorization: `Bearer ${KEY}` });
  expect(answer.status).toBe(202);
  await expect
    .poll(async () => /weir_ingest_held_bytes\{.*\} (\d+)/.exec(await (await fetch(`${door.url}/metrics`)).text())?.[1], { timeout: 5000 })
    .toBe("0");
});
