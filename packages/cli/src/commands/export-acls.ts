import { rightsOf, ROLES, type Right, type Role } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import { loadPipeline, type Environment } from "@weir/service";
import type { Output } from "../output.ts";

export interface ExportAclsFlags {
  /** `ROLE=PRINCIPAL` */
  readonly principal: readonly string[];
  readonly json?: boolean;
}

/** Writes what each service of the pipeline needs on the broker, and nothing else. Needs no broker. */
export function exportAcls(folder: string, { principal, json }: ExportAclsFlags, env: Environment, output: Output): void {
  const { pipeline, topology } = loadPipeline(folder, env);
  const named = principalsOf(principal);
  const principalOf = (role: Role): string => named.get(role) ?? `User:${pipeline.name}-${role}`;
  const rights = rightsOf(pipeline, topology);
  if (json) for (const right of rights) output.data(JSON.stringify({ principal: principalOf(right.role), ...right }));
  else for (const line of aclCommands(rights, principalOf)) output.data(line);
}

/** Kafka's own tool takes many resources at once if they get the same: one command a role and kind. */
export function aclCommands(rights: readonly Right[], principalOf: (role: Role) => string): string[] {
  const together = new Map<string, Right[]>();
  for (const right of rights) {
    const key = [right.role, right.resource, right.pattern, right.operation].join();
    together.set(key, [...(together.get(key) ?? []), right]);
  }
  return [...together.values()].map(([first, ...rest]) => {
    const { role, resource, pattern, operation } = first!; // made with one
    const names = [first!, ...rest].map(({ name }) => `--${resource} '${name}'`); // as above
    const how = pattern === "prefixed" ? ["--resource-pattern-type prefixed"] : [];
    return [
      'kafka-acls --bootstrap-server "$KAFKA" --command-config "$ADMIN" --add',
      `--allow-principal '${principalOf(role)}' --operation ${operation}`,
      ...how,
      ...names,
    ].join(" ");
  });
}

function principalsOf(given: readonly string[]): Map<Role, string> {
  const named = new Map<Role, string>();
  for (const text of given) {
    const at = text.indexOf("=");
    const role = ROLES.find((r) => r === text.slice(0, at));
    const principal = text.slice(at + 1);
    if (role === undefined || !/^\w+:[^']+$/.test(principal)) throw wrongPrincipal(text);
    named.set(role, principal);
  }
  return named;
}

function wrongPrincipal(text: string): WeirError {
  return new WeirError(
    {
      code: "WEIR-6004",
      what: `--principal ${text} cannot be read`,
      why: `it is not ROLE=TYPE:NAME, or the role is not one of ${ROLES.join(", ")}`,
      fix: "write for example --principal gate=User:CN=gate,O=flights",
    },
    { exitCode: 2 },
  );
}
