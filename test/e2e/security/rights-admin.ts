import { pbkdf2Sync, randomBytes } from "node:crypto";
import { brokerFailure, openLink, type Link } from "../../../packages/kafka/src/connection/index.ts";
import { api } from "../../../packages/kafka/src/wire/api.ts";
import { array, bytes, int16, int32, int8, nullableText, struct, text } from "../../../packages/kafka/src/wire/field.ts";

const binding = struct({ type: int8, name: text, pattern: int8, principal: text, host: text, operation: int8, permission: int8 });
const filter = struct({
  type: int8,
  name: nullableText,
  pattern: int8,
  principal: nullableText,
  host: nullableText,
  operation: int8,
  permission: int8,
});
const result = struct({ error: int16, message: nullableText });

const CreateAcls = api("CreateAcls", 30, [2, 3], 2, { creations: array(binding) }, { throttle: int32, results: array(result) });
const DeleteAcls = api(
  "DeleteAcls",
  31,
  [2, 3],
  2,
  { filters: array(filter) },
  {
    throttle: int32,
    results: array(
      struct({
        error: int16,
        message: nullableText,
        matching: array(
          struct({
            error: int16,
            message: nullableText,
            type: int8,
            name: text,
            pattern: int8,
            principal: text,
            host: text,
            operation: int8,
            permission: int8,
          }),
        ),
      }),
    ),
  },
);
const AlterUserScramCredentials = api(
  "AlterUserScramCredentials",
  51,
  [0, 0],
  0,
  {
    deletions: array(struct({ name: text, mechanism: int8 })),
    upsertions: array(struct({ name: text, mechanism: int8, iterations: int32, salt: bytes, saltedPassword: bytes })),
  },
  { throttle: int32, results: array(struct({ user: text, error: int16, message: nullableText })) },
);

const TYPES = { topic: 2, group: 3, cluster: 4, "transactional-id": 5 } as const;
const PATTERNS = { literal: 3, prefixed: 4 } as const;
const OPERATIONS = { all: 2, read: 3, write: 4, create: 5, delete: 6, alter: 7, describe: 8 } as const;
const ALLOW = 3;
const SCRAM_SHA_512 = 2;
const ITERATIONS = 4096;

export interface Grant {
  readonly principal: string;
  readonly type: keyof typeof TYPES;
  readonly name: string;
  readonly pattern?: keyof typeof PATTERNS;
  readonly operation: keyof typeof OPERATIONS;
}

/** What an administrator of the broker does: gives and takes rights and passwords. */
export interface RightsAdmin extends AsyncDisposable {
  grant(grants: readonly Grant[]): Promise<void>;
  /** Takes these very ones away; throws when one of them is not there. */
  withdraw(grants: readonly Grant[]): Promise<void>;
  setPassword(user: string, password: string): Promise<void>;
}

/** Comes by the plain listener, where everything is allowed. */
export async function openRightsAdmin(address: string): Promise<RightsAdmin> {
  const link: Link = await openLink({ brokers: [address], clientId: "rights-admin" });
  const to = (): ReturnType<Link["any"]> => link.any();
  const acl = ({ principal, type, name, pattern = "literal", operation }: Grant) => ({
    type: TYPES[type],
    name,
    pattern: PATTERNS[pattern],
    principal,
    host: "*",
    operation: OPERATIONS[operation],
    permission: ALLOW,
  });
  return {
    grant: async (grants) => {
      const { results } = await link.call(await to(), CreateAcls, { creations: grants.map(acl) });
      for (const { error, message } of results) if (error !== 0) throw brokerFailure(error, "CreateAcls", message);
    },
    withdraw: async (grants) => {
      const { results } = await link.call(await to(), DeleteAcls, { filters: grants.map(acl) });
      for (const { error, message, matching } of results) {
        if (error !== 0) throw brokerFailure(error, "DeleteAcls", message);
        if (matching.length !== 1) throw new Error(`${matching.length} rights match instead of one`);
      }
    },
    setPassword: async (name, password) => {
      const salt = randomBytes(32);
      const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, 64, "sha512");
      const { results } = await link.call(await to(), AlterUserScramCredentials, {
        deletions: [],
        upsertions: [{ name, mechanism: SCRAM_SHA_512, iterations: ITERATIONS, salt, saltedPassword }],
      });
      for (const { error, message } of results) if (error !== 0) throw brokerFailure(error, "AlterUserScramCredentials", message);
    },
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}
