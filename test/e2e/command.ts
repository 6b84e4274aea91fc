import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string>>;

/** A `weir` command as a process of its own, to its end. */
export function weir(args: readonly string[], input = "", env: Env = {}): Promise<Ran> {
  return start(args, input, env).ended;
}

export interface Started {
  readonly ended: Promise<Ran>;
  /** Resolves with what standard error has shown when the text is in it. */
  says(text: string): Promise<string>;
  signal(name: NodeJS.Signals): void;
}

/** A `weir` command that goes on. */
export function start(args: readonly string[], input = "", env: Env = {}): Started {
  const child = spawn(
    process.execPath,
    ["--conditions=weir-source", "--import", "tsx", path.join(ROOT, "packages/cli/src/main.ts"), ...args],
    {
      cwd: ROOT,
      env: { ...process.env, WEIR_KAFKA: "", NODE_ENV: "production", ...env },
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  let stdout = "";
  let stderr = "";
  const waiting: { readonly text: string; readonly seen: (all: string) => void }[] = [];
  child.stdout.on("data", (piece: Buffer) => (stdout += piece.toString()));
  child.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString();
    for (const w of waiting) if (stderr.includes(w.text)) w.seen(stderr);
  });
  child.stdin.end(input);
  const ended = new Promise<Ran>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return {
    ended,
    says: (text) =>
      new Promise((seen, fail) => {
        if (stderr.includes(text)) return seen(stderr);
        waiting.push({ text, seen });
        void ended.then((ran) => fail(new Error(`ended with ${ran.code} before it said "${text}":\n${ran.stderr}`)));
      }),
    signal: (name) => void child.kill(name),
  };
}
