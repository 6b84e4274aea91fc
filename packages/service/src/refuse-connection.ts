import type { Socket } from "node:net";
import type { Problem } from "@weir/record";
import { problemText, type ConnectionLimits } from "./route.ts";

/** What a client is told whose request never became one; the connection ends with it. */
export function refuseConnection(limits: ConnectionLimits): (error: { readonly code: string }, socket: Socket) => void {
  return ({ code }, socket) => {
    if (code === "ECONNRESET" || !socket.writable) return void socket.destroy();
    const { status, phrase, problem } = refusalOf(code, limits);
    const body = problemText(status, problem);
    const head = [
      `HTTP/1.1 ${status} ${phrase}`,
      "content-type: application/problem+json",
      `content-length: ${Buffer.byteLength(body)}`,
      "connection: close",
    ];
    socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
  };
}

function refusalOf(
  code: string,
  limits: ConnectionLimits,
): { readonly status: number; readonly phrase: string; readonly problem: Problem } {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return {
      status: 408,
      phrase: "Request Timeout",
      problem: {
        code: "WEIR-5121",
        what: "the request took too long to arrive",
        why: `headers have ${limits.headersMs} ms, a whole request ${limits.requestMs} ms`,
        fix: "send it in one go, or in smaller parts",
      },
    };
  if (code === "HPE_HEADER_OVERFLOW")
    return {
      status: 431,
      phrase: "Request Header Fields Too Large",
      problem: {
        code: "WEIR-5122",
        what: "the headers of the request are too large",
        why: `all of them together may have ${limits.headerBytes} bytes`,
        fix: "send fewer or shorter headers",
      },
    };
  return {
    status: 400,
    phrase: "Bad Request",
    problem: {
      code: "WEIR-5123",
      what: "this is no HTTP request",
      why: code,
      fix: "speak HTTP/1.1, without TLS unless a proxy in front takes it off",
    },
  };
}
