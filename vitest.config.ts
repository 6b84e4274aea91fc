import { defineConfig } from "vitest/config";

const conditions = ["weir-source"];
const resolve = { conditions };
const ssr = { resolve: { conditions, externalConditions: conditions } };

export default defineConfig({
  resolve,
  ssr,
  test: {
    environment: "node",
    include: ["packages/*/src/**/*.test.ts", "services/*/src/**/*.test.ts"],
  },
});
