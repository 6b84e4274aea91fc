import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { WeirError } from "@weir/record";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { createProgram } from "./program.ts";
import { Exit } from "./program/shell.ts";

const FLIGHTS = fileURLToPath(new URL("../../../deploy/pipelines/flights", import.meta.url));

interface Ran {
  readonly code: number;
  readonly data: string[];
  readonly notes: string[];
}

async function run(...args: string[]): Promise<Ran> {
  const [data, notes]: [string[], string[]] = [[], []];
  const program = createProgram({}, { data: (line) => data.push(line), note: (line) => notes.push(line) });
  try {
    await program.parseAsync(["node", "weir", ...args]);
    return { code: 0, data, notes };
  } catch (error) {
    if (error instanceof WeirError) return { code: error.exitCode, data, notes: [...notes, error.message] };
    if (error instanceof Exit) return { code: error.code, data, notes };
    throw error;
  }
}

function commands(of: Command, path: string[] = []): { readonly path: string[]; readonly command: Command }[] {
  return of.commands.flatMap((command) => {
    const own = [...path, command.name()];
    return [{ path: own, command }, ...commands(command, own)];
  });
}

const all = commands(createProgram({}, { data: () => {}, note: () => {} }));

test("the help of every command begins with examples of itself", () => {
  for (const { command } of all.filter(({ path }) => path.length === 1)) {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text), writeErr: (text) => (help += text) });
    command.outputHelp();
    expect(help).toMatch(new RegExp(`^Examples:\n  (?:[a-z]+ .*\\| )?weir ${command.name()}\\b`));
  }
});

test("every command and flag says what it is, and what shows data has --json", () => {
  expect(all.length).toBeGreaterThan(15);
  expect(all.filter(({ command }) => command.description() === "").map(({ path }) => path.join(" "))).toEqual([]);
  const without = all.filter(({ command }) => command.commands.length === 0 && !command.options.some((o) => o.long === "--json"));
  const acts = ["up", "run", "explain", "completion"];
  expect(without.map(({ path }) => path.join(" ")).filter((name) => !acts.includes(name))).toEqual([]);
});

test.each([
  [["tial"], "Did you mean tail?"],
  [["tail", "t", "--filtr", "x"], "Did you mean --filter?"],
  [["models", "lst"], "Did you mean list?"],
])("weir %s is answered with what was perhaps meant, and exit code 2", async (args, hint) => {
  const { code, notes, data } = await run(...args);
  expect({ code, data }).toEqual({ code: 2, data: [] });
  expect(notes.join("\n")).toContain(hint);
});

test.each([
  [["tail", "t", "--offset", "soon"], '"soon" is no offset'],
  [["tail", "t", "-n", "0"], '"0" is no whole number above zero'],
  [["tail", "t", "--format", "yaml"], "there is no format yaml"],
  [["completion", "tcsh"], "there is nothing for tcsh"],
  [["trail", "x", "--pipeline", FLIGHTS, "--since", "soon"], '"soon" is no time'],
])("weir %s is wrong usage, said before anything is connected to", async (args, what) => {
  const { code, notes } = await run(...args);
  expect(code).toBe(2);
  expect(notes.join("\n")).toContain(what);
});

test("models are listed with their aliases and the stages that use them", async () => {
  const { data } = await run("models", "list", "--pipeline", FLIGHTS, "--json");
  expect(data.map((line) => JSON.parse(line))).toMatchObject([
    { model: "late-arrival", version: "1", aliases: ["champion"], usedBy: ["score"], classes: ["on-time", "late"] },
    { model: "late-arrival", version: "2", aliases: ["challenger"], usedBy: [] },
  ]);
  const shown = await run("models", "show", "late-arrival@challenger", "--pipeline", FLIGHTS, "--json");
  expect(JSON.parse(shown.data[0] ?? "")).toMatchObject({ version: "2", manifest: { model: "late-arrival" } });
  expect(await run("models", "show", "late-arrival/9", "--pipeline", FLIGHTS)).toMatchObject({ code: 1, data: [] });
});

test("bash completes commands, subcommands and flags", async () => {
  const { data } = await run("completion", "bash");
  const complete = (...words: string[]): string[] => {
    const script = `${data.join("\n")}\nCOMP_WORDS=(weir ${words.map((w) => `"${w}"`).join(" ")}); COMP_CWORD=${words.length}; _weir; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync("bash", ["--norc", "-c", script], { encoding: "utf8" }).stdout.trim().split("\n");
  };
  expect(complete("tai")).toEqual(["tail"]);
  expect(complete("dlq", "li")).toEqual(["list"]);
  expect(complete("dlq", "list", "--quar")).toEqual(["--quarantine"]);
  expect(complete("tail", "some.topic", "--form")).toEqual(["--format"]);
});
