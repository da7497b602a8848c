import { defineConfig } from "@playwright/test";
import { chromium } from "./harness/chromium";

const target = "../../target/browser";

export default defineConfig({
  testDir: "specs",
  globalSetup: "./harness/stack.ts",
  outputDir: `${target}/results`,
  snapshotDir: target,
  reporter: [["list"]],
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  use: {
    // Without its own sandbox Chromium runs as root and in containers too; it only ever sees this machine.
    launchOptions: {
      executablePath: chromium(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
    locale: "en-GB",
    actionTimeout: 30_000,
    timezoneId: "Europe/Copenhagen",
    trace: "retain-on-failure",
  },
});
