import { expect, it } from "vitest";
import { allOwners, parseOwners } from "./owners.ts";
import { formatProblem } from "./problems.ts";

const text = `
groups:
  flight-ops: { members: [user:first, user:second], channel: ops-webhook, policy: std }
policies:
  std:
    steps: [{ after: 0m, notify: [owner] }, { after: 15m, notify: [user:first] }]
    repeat: 2
    ackTimeout: 60m
    quiet: { severity: [info], hours: "20:00-07:00", timezone: UTC }
`;

it("reads groups and policies with durations in milliseconds", () => {
  const { owners, problems } = parseOwners(text, "owners.yaml");
  expect(problems).toEqual([]);
  expect(owners).toEqual({
    users: {},
    groups: { "flight-ops": { members: ["user:first", "user:second"], channel: "ops-webhook", policy: "std" } },
    policies: {
      std: {
        steps: [
          { after: 0, notify: ["owner"] },
          { after: 900_000, notify: ["user:first"] },
        ],
        repeat: 2,
        ackTimeout: 3_600_000,
        quiet: { severity: ["info"], hours: "20:00-07:00", timezone: "UTC" },
      },
    },
  });
});

it("knows the members of groups where no users are listed, and only the listed ones where some are", () => {
  const { owners } = parseOwners(text, "owners.yaml");
  if (owners === null) throw new Error("does not parse");
  expect(allOwners(owners)).toEqual(["user:first", "user:second", "group:flight-ops"]);
  expect(allOwners({ ...owners, users: { third: {} } })).not.toContain("user:first");
});

it.each([
  [
    "groups: {ops: {member: [user:a]}}",
    [
      "owners.yaml:1:10  groups.ops.members  `members` is missing  (WEIR-1202)",
      "owners.yaml:1:16  groups.ops.member  unknown key `member`  (WEIR-1203)",
    ],
  ],
  [
    "groups: {ops: {members: [first]}}",
    ['owners.yaml:1:26  groups.ops.members[0]  expected user:NAME or group:NAME · found "first"  (WEIR-1201)'],
  ],
  [
    "groups: {ops: {members: [user:a], policy: sdt}}\npolicies: {std: {steps: [{after: 0m, notify: [owner]}]}}",
    ["owners.yaml:1:43  groups.ops.policy  there is no policy `sdt` · did you mean `std`?  (WEIR-1703)"],
  ],
  [
    "groups: {ops: {members: [user:a]}}\npolicies: {std: {steps: [{after: 5, notify: [boss]}]}}",
    [
      "owners.yaml:2:34  policies.std.steps[0].after  expected a duration with its unit, such as 100ms, 30s, 15m, 5h or 1d · found 5  (WEIR-1201)",
      'owners.yaml:2:46  policies.std.steps[0].notify[0]  expected user:NAME or group:NAME · found "boss"  (WEIR-1201)',
    ],
  ],
  ["a: [", ["owners.yaml:1:5  Flow sequence in block collection must be sufficiently indented and end with a ]  (WEIR-1001)"]],
])("says what is wrong with %j", (source, lines) => {
  expect(parseOwners(source, "owners.yaml").problems.map(formatProblem)).toEqual(lines);
});
