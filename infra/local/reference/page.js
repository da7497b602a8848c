"use strict";

// Whatever would ask somebody else is turned off: fonts, telemetry, the vendor's assistant and its proxy.
Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  documentDownloadType: "json",
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  orderRequiredPropertiesFirst: true,
  operationTitleSource: "summary",
  // A word in a narrow column of a table stays whole.
  customCss: ".markdown td, .markdown td * { word-break: normal !important; overflow-wrap: normal !important; }",
});
