#!/usr/bin/env node
// The door to everything: checks Node, installs what is missing, then runs the command. Needs nothing but Node.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(fileURLToPath(import.meta.url));
const PNPM = "pnpm@12.21.0";
const LEAST_NODE = [20, 19];
const inTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  console.error(
    `WEIR-8001 Node ${process.versions.node} is too old\n  why:   Weir needs Node ${LEAST_NODE.join(".")} or newer\n  do:    install it, for example with nvm install 20`,
  );
  process.exit(4);
}

/** What the installed packages depend on: when it changes they are installed anew. */
function wantedStamp() {
  const hash = createHash("sha256").update(`${process.version} ${process.platform} ${process.arch} ${PNPM}`);
  const manifests = ["packages", "services"].flatMap((dir) =>
    readdirSync(path.join(root, dir))
      .map((name) => path.join(dir, name, "package.json"))
      .filter((file) => existsSync(path.join(root, file))),
  );
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests.sort()])
    hash.update(file).update(readFileSync(path.join(root, file)));
  return hash.digest("hex");
}

/** npm hands its own settings down by the environment; pnpm must not take them for its own. */
function cleanEnvironment() {
  const keep = /^npm_config_(registry|cache|proxy|https_proxy|noproxy|userconfig|cafile|ca)$|^npm_config_(https-proxy|.*:_auth.*|@.*)$/i;
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config|package|lifecycle)_/i.test(name) || keep.test(name)),
  );
}

async function install() {
  const stampFile = path.join(root, "node_modules", ".weir-stamp");
  const stamp = wantedStamp();
  if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return;
  console.error("weir: installing packages (once, about 35 s of one core)");
  const code = await run("npx", ["--yes", PNPM, "install", "--frozen-lockfile"], { env: cleanEnvironment(), stdio: ["ignore", 2, 2] });
  if (code !== 0) {
    console.error(
      "WEIR-8002 the packages could not be installed\n  why:   see the lines above\n  do:    check the network and the registry that npm is set to, then try again",
    );
    process.exit(code);
  }
  writeFileSync(stampFile, stamp);
}

function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    // A terminal sends Ctrl-C to everybody at once: the child would get it twice, and takes the second for impatience.
    process.on("SIGINT", () => void (inTerminal || child.kill("SIGINT")));
    child.on("error", (error) => {
      console.error(`weir: ${command} cannot be started: ${error.message}`);
      resolve(1);
    });
    child.on("close", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : signal === "SIGTERM" ? 143 : 137)));
  });
}

// Fetched bytes live outside the heap; a small old space would make V8 collect everything every 30 ms. Its helper threads cost
// more than they save where every core has a process of its own.
const SOURCE = ["--conditions=weir-source", "--initial-old-space-size=256", "--single-threaded-gc"];
// Found from here: the command may be given in any folder.
const node = (file, args) =>
  run(process.execPath, [...SOURCE, "--import", import.meta.resolve("tsx"), path.join(root, file), ...args], { cwd: process.cwd() });
const tool = (name, args) => run(path.join(root, "node_modules", ".bin", name), args);

/** Scripts that hurt a pipeline and have a foreign reader count what came out. */
function faults([name, ...args]) {
  const folder = path.join(root, "test/e2e");
  const known = readdirSync(folder)
    .filter((entry) => existsSync(path.join(folder, entry, "main.ts")))
    .sort();
  if (known.includes(name)) return node(`test/e2e/${name}/main.ts`, args);
  console.error(`weir: faults are ${known.join(", ")}; for example: node start.mjs faults ${known[0]}`);
  return 2;
}

const COMMANDS = {
  start: (args) => node("packages/cli/src/main.ts", ["up", path.join(root, "deploy/pipelines/flights"), "--sample", ...args]),
  weir: (args) => node("packages/cli/src/main.ts", args),
  bench: (args) => node("test/bench/main.ts", args),
  faults,
  soak: (args) => node("test/e2e/soak/main.ts", args),
  "test:faults": (args) => node("test/e2e/faults/main.ts", args),
  test: async (args) => {
    if (args.length > 0) return tool("vitest", ["run", ...args]);
    return (
      (await tool("tsc", ["-b"])) ||
      (await tool("oxlint", ["--quiet"])) ||
      (await tool("vitest", ["run", "--project", "unit", "--project", "broker"]))
    );
  },
};

checkNode();
const [name = "start", ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (!command) {
  console.error(`weir: there is no ${name}; known are ${Object.keys(COMMANDS).join(", ")}`);
  process.exit(2);
}
await install();
process.exitCode = await command(args);
