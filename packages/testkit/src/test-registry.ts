import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** A registry that answers as Confluent's API is documented, in memory. */
export interface TestRegistry extends AsyncDisposable {
  readonly url: string;
  /** What it was asked for, `GET /schemas/ids/1`, oldest first. */
  readonly asked: readonly string[];
  /** With what each of these requests logged in. */
  readonly authorizations: readonly (string | undefined)[];
  /** Until set to null again every request gets this status. */
  fails(status: number | null): void;
  /** Forgets nobody's schema; says of the id that it does not know it. */
  hide(id: number, hidden: boolean): void;
}

interface Version {
  readonly id: number;
  readonly subject: string;
  readonly body: { readonly schema: string; readonly references?: readonly unknown[] };
}

export async function startRegistry(): Promise<TestRegistry> {
  const versions: Version[] = [];
  const asked: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const hidden = new Set<number>();
  let failing: number | null = null;
  const idOf = (schema: string): number => versions.find((v) => v.body.schema === schema)?.id ?? versions.length + 1;
  const answer = (method: string, path: string, text: string): readonly [status: number, body: object] => {
    const of = (subject: string): Version[] => versions.filter((v) => v.subject === decodeURIComponent(subject));
    const [, first, name = "", , version] = path.split("/");
    if (failing !== null) return [failing, { error_code: failing, message: "told to fail" }];
    if (first === "schemas") {
      const found = versions.find((v) => `/schemas/ids/${v.id}` === path && !hidden.has(v.id));
      return found ? [200, found.body] : [404, { error_code: 40403, message: "Schema not found" }];
    }
    if (first === "config") return [200, { compatibilityLevel: "BACKWARD" }];
    if (method === "POST") {
      const body = JSON.parse(text) as Version["body"];
      const id = idOf(body.schema);
      if (!of(name).some((v) => v.id === id)) versions.push({ id, subject: decodeURIComponent(name), body });
      return [200, { id }];
    }
    const found = version === "latest" ? of(name).at(-1) : of(name)[Number(version) - 1];
    return found ? [200, { ...found.body, id: found.id }] : [404, { error_code: 40402, message: "Version not found" }];
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then((text) => {
      asked.push(`${request.method} ${request.url}`);
      authorizations.push(request.headers.authorization);
      const [status, body] = answer(request.method ?? "GET", request.url ?? "", text);
      response.writeHead(status, { "content-type": "application/vnd.schemaregistry.v1+json" }).end(JSON.stringify(body));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    authorizations,
    fails: (status) => void (failing = status),
    hide: (id, isHidden) => void (isHidden ? hidden.add(id) : hidden.delete(id)),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
