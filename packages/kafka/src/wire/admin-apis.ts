import { api } from "./api.ts";
import { array, boolean, int16, int32, int8, nullableArray, nullableText, since, struct, text } from "./field.ts";

const throttle = int32;
const resource = { type: int8, name: text };

export const DescribeConfigs = api(
  "DescribeConfigs",
  32,
  [1, 4],
  4,
  {
    resources: array(struct({ ...resource, keys: nullableArray(text) })),
    synonyms: boolean,
    documentation: since(3, boolean, false),
  },
  {
    throttle,
    results: array(
      struct({
        error: int16,
        message: nullableText,
        ...resource,
        configs: array(
          struct({
            name: text,
            value: nullableText,
            readOnly: boolean,
            source: int8,
            sensitive: boolean,
            synonyms: array(struct({ name: text, value: nullableText, source: int8 })),
            type: since(3, int8, 0),
            documentation: since(3, nullableText, null),
          }),
        ),
      }),
    ),
  },
);

export const IncrementalAlterConfigs = api(
  "IncrementalAlterConfigs",
  44,
  [0, 1],
  1,
  {
    resources: array(struct({ ...resource, configs: array(struct({ name: text, operation: int8, value: nullableText })) })),
    validateOnly: boolean,
  },
  { throttle, results: array(struct({ error: int16, message: nullableText, ...resource })) },
);

export const CreatePartitions = api(
  "CreatePartitions",
  37,
  [0, 3],
  2,
  {
    topics: array(struct({ name: text, count: int32, assignments: nullableArray(struct({ brokers: array(int32) })) })),
    timeoutMs: int32,
    validateOnly: boolean,
  },
  { throttle, results: array(struct({ name: text, error: int16, message: nullableText })) },
);

/** From version 6 on topics are named otherwise. */
export const DeleteTopics = api(
  "DeleteTopics",
  20,
  [1, 5],
  4,
  { names: array(text), timeoutMs: int32 },
  { throttle, results: array(struct({ name: text, error: int16, message: since(5, nullableText, null) })) },
);
