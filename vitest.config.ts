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
    include: ["{packages,services}/*/src/**/*.test.ts", "test/{guide,topology,tidy}/**/*.test.ts", "test/contract/memory-log.test.ts"],
    exclude: ["**/*.broker.test.ts"],
    setupFiles: ["test/setup/properties.ts"],
    testTimeout: 30_000,
  },
};

const withBroker: TestProjectInlineConfiguration = {
  ...resolution,
  test: {
    name: "broker",
    include: ["{packages,services}/*/src/**/*.broker.test.ts", "test/contract/kafka-log.test.ts", "test/e2e/**/*.test.ts"],
    globalSetup: ["test/setup/broker.ts"],
    fileParallelism: false,
    testTimeout: 240_000,
    hookTimeout: 120_000,
  },
};

export default defineConfig({ ...resolution, test: { projects: [withoutBroker, withBroker], reporters: ["default"] } });
