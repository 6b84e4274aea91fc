import { Readable } from "node:stream";
import { AwsClient } from "aws4fetch";
import type { BucketSpec } from "@weir/pipeline";
import type { FileStore, StoredFile } from "./store.ts";

const ANSWER_MS = 30_000;
const PAGES_MAX = 10_000;

/** The objects of a bucket under a prefix, by ListObjectsV2 and GetObject with Signature Version 4. */
export function bucketStore({ endpoint, name: bucket, prefix, region, accessKey, secretKey }: BucketSpec): FileStore {
  const client = new AwsClient({ accessKeyId: accessKey, secretAccessKey: secretKey, region, service: "s3", retries: 0 });
  const base = `${endpoint.replace(/\/+$/, "")}/${bucket}`;
  const ask = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> => {
    const answer = await client.fetch(url, { headers: { ...headers }, signal: AbortSignal.timeout(ANSWER_MS) });
    if (answer.ok || answer.status === 416) return answer;
    throw new Error(
      `${base} answered ${answer.status}: ${(await answer.text())
        .replaceAll(/<[^>]*>/g, " ")
        .trim()
        .slice(0, 200)}`,
    );
  };
  return {
    place: base,
    async list() {
      const files: StoredFile[] = [];
      let token: string | null = null;
      for (let page = 0; page < PAGES_MAX; page++) {
        const query = new URLSearchParams({
          "list-type": "2",
          "encoding-type": "url",
          prefix,
          ...(token !== null && { "continuation-token": token }),
        });
        const listing = parseListing(await (await ask(`${base}?${query.toString()}`)).text());
        files.push(...listing.files);
        token = listing.next;
        if (token === null) break;
      }
      return files.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async open(name, from) {
      const url = `${base}/${name.split("/").map(encodeURIComponent).join("/")}`;
      const answer = await ask(url, from > 0 ? { range: `bytes=${from}-` } : {});
      if (answer.status === 416 || answer.body === null) return Readable.from([]); // nothing lies behind that byte
      return Readable.fromWeb(answer.body);
    },
  };
}

/** Names are asked for in URL encoding, so that no XML entity stands in them; servers that do not know it leave it out. */
export function parseListing(xml: string): { readonly files: readonly StoredFile[]; readonly next: string | null } {
  const isEncoded = textOf(xml, "EncodingType") === "url";
  const nameOf = (key: string): string => (isEncoded ? decodeURIComponent(key.replaceAll("+", " ")) : unescapeXml(key));
  const files = [...xml.matchAll(/<Contents>([\s\S]*?)<\/Contents>/g)].map(([, entry = ""]): StoredFile => {
    const bytes = Number(textOf(entry, "Size"));
    return {
      name: nameOf(textOf(entry, "Key")),
      bytes,
      changedAt: Date.parse(textOf(entry, "LastModified")),
      version: `${bytes}-${textOf(entry, "ETag").replaceAll("&quot;", "").replaceAll('"', "")}`,
    };
  });
  const isTruncated = textOf(xml, "IsTruncated") === "true";
  return {
    files: files.filter((file) => !file.name.endsWith("/")),
    next: isTruncated ? unescapeXml(textOf(xml, "NextContinuationToken")) : null,
  };
}

function textOf(xml: string, tag: string): string {
  return new RegExp(`<${tag}>([^<]*)</${tag}>`).exec(xml)?.[1] ?? "";
}

function unescapeXml(text: string): string {
  return text
    .replaceAll(/&#(x?)([0-9a-f]+);/gi, (_, hex: string, digits: string) => String.fromCodePoint(parseInt(digits, hex === "" ? 10 : 16)))
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
}
