import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

// Packages resolve to their sources; vitest asks in four places.
const conditions = ["weir-source"];
const resolution = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  environments: { __vitest__: { resolve: { conditions, externalConditions: conditions } } },
};

const withoutBroker: TestProjectInlineConfiguration = {
  ...resolution,
  test: {
    name: "unit",
    isolate: false, // tests share no state; loading every module once halves the time
    include: [
      "{packages,services}/*/src/**/*.test.ts",
      "test/{bench,guide,topology,tidy}/**/*.test.ts",
      "test/contract/memory-log.test.ts",
    ],
    exclude: ["**/*.broker.test.ts"],
    setupFiles: ["test/setup/properties.ts"],
    testTimeout: 120_000, // properties on a machine that does other things too
  },
};

/** Run by `npx vitest run --project long`: each takes half a minute to minutes of both processors. */
const LONG = [
  "test/e2e/alerts/alerts.test.ts",
  "test/e2e/doors/doors.test.ts",
  "test/e2e/kill/deadly.test.ts",
  "test/e2e/security/mechanisms.test.ts",
  "test/e2e/security/rights.test.ts",
  "test/e2e/start-up/forgotten.test.ts",
  "test/e2e/start-up/running.test.ts",
];

const withBroker: TestProjectInlineConfiguration = {
  ...resolution,
  test: {
    name: "broker",
    include: [
      "{packages,services}/*/src/**/*.broker.test.ts",
      "test/guide/**/*.broker.test.ts",
      "test/contract/kafka-log.test.ts",
      "test/e2e/**/*.test.ts",
    ],
    exclude: LONG,
    globalSetup: ["test/setup/broker.ts"],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
};

const long: TestProjectInlineConfiguration = {
  ...withBroker,
  test: { ...withBroker.test, name: "long", include: LONG, exclude: [] },
};

export default defineConfig({ ...resolution, test: { projects: [withoutBroker, withBroker, long], reporters: ["default"] } });
