// The settings as the API answers with them.

export const HOURS = {
  timeZone: "Europe/Copenhagen",
  weekly: { monday: [{ open: "09:00", close: "17:00" }], friday: [{ open: "22:00", close: "02:00" }] },
  exceptions: [{ date: "2026-12-24", intervals: [] }],
  holidays: "DK",
};

/** An answer of the API; members may be replaced. */
export function view(changes = {}) {
  return {
    integrationType: "fullviewFlow",
    salesforce: { domain: "acme.my.salesforce.com", clientId: "id", clientSecretSet: true },
    messaging: { organizationId: "00D000000000001", developerName: "D", url: "https://acme.my.salesforce-scrt.com" },
    businessHours: HOURS,
    routingAttributes: [{ attribute: "plan", value: "Plan" }],
    case: {
      origin: "Chat",
      priority: "Medium",
      status: "New",
      recordTypeId: null,
      ownerId: null,
      assignmentRule: true,
      contact: "link",
      attachTranscript: "whenTruncated",
      fields: { Plan__c: { attribute: "plan" }, Source__c: { value: "AI" } },
    },
    rescue: { longestWaitMinutes: 20 },
    apexActionConfigured: false,
    version: 3,
    organisationId: "acme",
    apiEndpoint: "https://api.example",
    ...changes,
  };
}
