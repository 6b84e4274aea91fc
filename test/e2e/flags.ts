/** `--name 12` for each name, as whole numbers; those that are not given keep what they have. */
export function wholeNumbers<Name extends string>(args: readonly string[], defaults: Readonly<Record<Name, number>>): Record<Name, number> {
  const values: Record<Name, number> = { ...defaults };
  const isKnown = (name: string): name is Name => Object.hasOwn(defaults, name);
  for (let i = 0; i < args.length; i += 2) {
    const name = (args[i] ?? "").replace(/^--/, "");
    const value = Number(args[i + 1]);
    if (!isKnown(name) || !args[i]?.startsWith("--"))
      throw new Error(
        `${args[i]} is not known; known are ${Object.keys(defaults)
          .map((n) => `--${n}`)
          .join(", ")}`,
      );
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} takes a whole number from 1, not "${args[i + 1] ?? ""}"`);
    values[name] = value;
  }
  return values;
}
