import { WeirError } from "@weir/record";
import type { Command } from "commander";
import type { Shell } from "./shell.ts";

const SHELLS: Readonly<Record<string, (words: readonly Words[]) => string>> = { bash, zsh, fish };

/** What may follow the words of a command: its subcommands and flags. */
interface Words {
  /** Names from the program on, for example `dlq list`; empty for the program itself. */
  readonly path: string;
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  readonly flags: readonly { readonly name: string; readonly description: string }[];
}

export function addCompletion({ command, output }: Shell): void {
  const made = command(
    "completion",
    "lines for your shell that complete commands and flags",
    "  weir completion bash >> ~/.bashrc\n  weir completion zsh > ~/.zfunc/_weir\n  weir completion fish > ~/.config/fish/completions/weir.fish",
  )
    .argument("<shell>", "bash, zsh or fish")
    .action((shell: string) => {
      const write = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (!write) throw unknownShell(shell);
      output.data(write(wordsOf(made.parent ?? made, "")));
    });
}

function wordsOf(command: Command, path: string): Words[] {
  const subcommands = command.commands.map((c) => ({ name: c.name(), description: c.description() }));
  const flags = command.options.flatMap((o) => [o.long, o.short].flatMap((name) => (name ? [{ name, description: o.description }] : [])));
  return [
    { path, subcommands, flags: [...flags, { name: "--help", description: "what it does" }] },
    ...command.commands.flatMap((c) => wordsOf(c, path === "" ? c.name() : `${path} ${c.name()}`)),
  ];
}

/** Names only: the words before the cursor that are no flags choose the case. */
function bash(words: readonly Words[]): string {
  const cases = words.map(
    ({ path, subcommands, flags }) => `    "${path}") words="${[...subcommands, ...flags].map((w) => w.name).join(" ")}" ;;`,
  );
  return `_weir() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" words="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in -*) break ;; esac
    case " ${nested(words)} " in *" \${path:+$path/}\${COMP_WORDS[i]} "*) path="\${path:+$path }\${COMP_WORDS[i]}" ;; esac
  done
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _weir weir`;
}

/** All commands with their parents, as `dlq/list`. */
function nested(words: readonly Words[]): string {
  return words
    .flatMap(({ path, subcommands }) => subcommands.map((s) => (path === "" ? s.name : `${path.replaceAll(" ", "/")}/${s.name}`)))
    .join(" ");
}

/** zsh runs bash's completions. */
function zsh(words: readonly Words[]): string {
  return `#compdef weir\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`;
}

function fish(words: readonly Words[]): string {
  const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return words
    .flatMap(({ path, subcommands, flags }) => {
      const [first, second] = path.split(" ");
      const seen = path === "" ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${second ?? first ?? ""}`;
      return [
        ...subcommands.map((s) => `complete -c weir -f -n ${quoted(seen)} -a ${s.name} -d ${quoted(s.description)}`),
        ...flags
          .filter((f) => f.name.startsWith("--"))
          .map((f) => `complete -c weir -n ${quoted(seen)} -l ${f.name.slice(2)} -d ${quoted(f.description)}`),
      ];
    })
    .join("\n");
}

function unknownShell(shell: string): WeirError {
  return new WeirError(
    { code: "WEIR-6004", what: `there is nothing for ${shell}`, where: "weir completion", fix: "name bash, zsh or fish" },
    { exitCode: 2 },
  );
}
