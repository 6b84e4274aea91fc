import type { CodeEntry } from "@weir/record";

/** The codes of the doors: what a request, one of its records, or a source was refused for. */
export const INGEST_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-3001": {
    title: "The service has another pipeline",
    explanation: "An ingest service serves one pipeline, whose name is part of its addresses.",
    fix: "Compare the name in the URL with metadata.name of the pipeline file, and the port with the service's.",
  },
  "WEIR-3002": {
    title: "The API key is missing or not known",
    explanation: "The pipeline file holds the SHA-256 of each key. Which part of a key was wrong is not told.",
    fix: "Send the key as Authorization: Bearer KEY or X-Api-Key: KEY; whoever owns the pipeline can add its hash to http.keys.",
  },
  "WEIR-3003": {
    title: "The signature of a webhook is missing or wrong",
    explanation: "The HMAC of the body and its time was made with another secret, or something on the way changed the body.",
    fix: "Compare the secret with the sender's, and let nothing between rewrite bodies.",
  },
  "WEIR-3004": {
    title: "A webhook is too old or from the future",
    explanation: "Its signed time is further from the clock of the service than the source tolerates: a replay, or a clock that is wrong.",
    fix: "Set the clocks; a larger tolerance accepts replays for longer.",
  },
  "WEIR-3005": {
    title: "There is no such webhook source",
    explanation: "Webhook sources stand by name in the ingest stage of the pipeline file.",
    fix: "Correct the name in the URL, or add the source.",
  },
  "WEIR-3006": {
    title: "The content type is not one that records come in",
    explanation: "JSON, NDJSON and CloudEvents are taken, in UTF-8.",
    fix: "Send application/json, application/x-ndjson, application/cloudevents+json or application/cloudevents-batch+json.",
  },
  "WEIR-3007": {
    title: "The content encoding is not known",
    explanation: "Bodies come as they are or packed with gzip, once.",
    fix: "Send Content-Encoding: gzip, or none.",
  },
  "WEIR-3008": {
    title: "The body is too large",
    explanation: "Bodies have a limit, counted unpacked: a small packed body may be a large one.",
    fix: "Split it; NDJSON without an Idempotency-Key is taken as a stream with a larger limit.",
  },
  "WEIR-3009": {
    title: "The packed body cannot be unpacked",
    explanation: "It is damaged, ends too early, or is not gzip at all.",
    fix: "Pack it again, and send Content-Encoding: gzip only where it is.",
  },
  "WEIR-3010": {
    title: "The body is not what its content type says",
    explanation: "It is empty, ends too early, or is not JSON from the byte named on. Nothing of it was written.",
    fix: "Correct it at the byte named. NaN and Infinity are not JSON; text is UTF-8 without a byte order mark.",
  },
  "WEIR-3011": {
    title: "A request has too many records",
    explanation: "Records of one request become visible together, in one transaction, whose size is bounded.",
    fix: "Split it; NDJSON without an Idempotency-Key is written in parts and may be longer.",
  },
  "WEIR-3012": {
    title: "A record is not a JSON object",
    explanation: "Null, numbers, text and arrays are no records. Nor is a line of NDJSON that is not JSON.",
    fix: "Send one object a record.",
  },
  "WEIR-3013": {
    title: "A record is too large",
    explanation: "Kafka takes 1 MiB a record with everything around it.",
    fix: "Send what is large to a store of files, and the record with a reference to it.",
  },
  "WEIR-3014": {
    title: "A record is nested too deeply",
    explanation: "Depth is bounded, so that no reader behind the door runs out of stack.",
    fix: "Flatten the record.",
  },
  "WEIR-3015": {
    title: "A name stands twice in one object",
    explanation: "Readers disagree on which of the two counts, so that a check could pass what a model never sees.",
    fix: "Send each name once.",
  },
  "WEIR-3016": {
    title: "A CloudEvent is not one",
    explanation: "An event of CloudEvents 1.0 has specversion, id, source and type, and attributes of lower-case letters and digits.",
    fix: "Correct the attribute named.",
  },
  "WEIR-3017": {
    title: "The Idempotency-Key was used for another body",
    explanation: "A key names one request: the same key with another body would get an answer that is not about it.",
    fix: "Use a new key for a new request.",
  },
  "WEIR-3018": {
    title: "The Idempotency-Key cannot be used",
    explanation: "A key is 1 to 255 printable characters.",
    fix: "Use a UUID.",
  },
  "WEIR-3019": {
    title: "Too many records a second",
    explanation: "Each API key has a rate in the pipeline file; what is above it is refused before it is read.",
    fix: "Wait as long as Retry-After says, or ask the owner for a higher rate.",
  },
  "WEIR-3020": {
    title: "The door has more to write than it may hold",
    explanation: "Producers are faster than the log takes records. Nothing of the request was written.",
    fix: "Wait as long as Retry-After says and send the same request again.",
  },
  "WEIR-3021": {
    title: "The log does not take records",
    explanation: "No broker answers, or a write did not come to its end. Whether it did is known to nobody at this moment.",
    fix: "Send the same request with the same Idempotency-Key again after Retry-After: it is written once, whatever happened.",
  },
  "WEIR-3022": {
    title: "The body comes too slowly",
    explanation: "A body must arrive at a least rate, so that slow senders take no memory from others.",
    fix: "Send smaller bodies over slow lines.",
  },
  "WEIR-3023": {
    title: "Another process took this place",
    explanation: "A younger ingest service uses the same slot; this one may not write any more and ends.",
    fix: "Usually nothing: an orchestrator replaced it. If it happens again and again, two processes have the same WEIR_SLOT.",
  },
  "WEIR-3025": {
    title: "A stream was written in part",
    explanation: "The records before the place named are in the topic, the others are not.",
    fix: "Correct what is named and send the stream again from that place on.",
  },
  "WEIR-3024": {
    title: "A source cannot be read",
    explanation: "The folder, bucket or server that a source names does not answer as it should; the source looks again and again.",
    fix: "Correct what is named; nothing is skipped meanwhile.",
  },
  "WEIR-3026": {
    title: "A source met a record that it cannot take",
    explanation: "A line is no record. A source goes on behind it: the answer of nobody is waited for.",
    fix: "Correct the file or server; the log names file, line and reason.",
  },
};
