import type { Admin } from "../harness/admin";
import { expect, test } from "../harness/fixtures";
import { NEVER_OPEN, openAt } from "../harness/organisation";

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/** Names and values that the answer lists under a heading. */
async function listed(admin: Admin, heading: string): Promise<Record<string, string>> {
  const rows = admin.answer.locator(`h3:has-text("${heading}") + dl > div`);
  const pairs = await rows.evaluateAll((found) =>
    found.map(
      (row) => [row.querySelector("dt")?.textContent ?? "", row.querySelector("dd")?.textContent ?? ""] as const,
    ),
  );
  return Object.fromEntries(pairs);
}

/** Asks what would happen to a customer on the pro plan, at the moment that is filled in. */
async function asks(admin: Admin): Promise<void> {
  await admin.fills("Name", "Ada Lovelace");
  await admin.presses("Show what would happen");
  await expect(admin.button("Show what would happen")).toHaveAttribute("aria-disabled", "false");
}

test("within business hours the preview of now is what the router then does, with the same routing attributes", async ({
  organisation,
  opensSettings,
}) => {
  const rows = [
    { attribute: "plan", value: "Plan" },
    { attribute: "name", value: "Name" },
  ];
  await organisation.changeSettings({ routingAttributes: rows });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("What would happen?");
  await admin.fills("Value", "pro");
  await asks(admin);
  await expect(admin.answer).toContainText("A live conversation is opened");
  await expect(admin.answer).toContainText("It is within business hours.");
  const attributes = await listed(admin, "Routing attributes");
  expect(attributes).toEqual({ Name: "Ada Lovelace", Plan: "pro" });
  expect(await organisation.cases()).toEqual([]);

  const escalation = await organisation.escalate("Ada Lovelace", { plan: "pro" });
  expect((await organisation.escalation(escalation)).decision).toMatchObject({
    route: "messaging",
    reason: "withinBusinessHours",
  });
  const { routingAttributes } = await organisation.conversation(escalation);
  expect(routingAttributes).toEqual({ ...attributes, FullviewEscalationId: escalation.escalationId });
});

test("out of hours the preview of now is what the router then does, with the same fields of the Case", async ({
  organisation,
  opensSettings,
}) => {
  await organisation.changeOrg({ caseFields: [{ name: "Plan__c", type: "string", length: 40 }] });
  await organisation.changeSettings({
    businessHours: NEVER_OPEN,
    case: { origin: "Web", priority: "High", fields: { Plan__c: { attribute: "plan" } } },
    routingAttributes: [{ attribute: "plan", value: "Plan" }],
  });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("What would happen?");
  await admin.fills("Value", "pro");
  await asks(admin);
  await expect(admin.answer).toContainText("A Case is made");
  await expect(admin.answer).toContainText("It is outside of business hours.");
  await expect(admin.answer).toContainText("None within 400 days");
  await expect(admin.answer).toContainText("None are sent.");
  const fields = await listed(admin, "Fields of the Case");
  expect(fields).toMatchObject({ Origin: "Web", Priority: "High", Plan__c: "pro" });

  const escalation = await organisation.escalate("Ada Lovelace", { plan: "pro" });
  expect((await organisation.escalation(escalation)).decision).toMatchObject({
    route: "case",
    reason: "outsideBusinessHours",
    nextOpening: null,
  });
  const [made] = await organisation.cases();
  const told = ["Origin", "Priority", "Status", "Plan__c", "SuppliedName"];
  for (const name of told) {
    expect(String(made?.[name]), name).toBe(fields[name]);
  }
});

test("the examples ask for Sunday night, Christmas and the night of the clock change, on the organisation's clocks", async ({
  organisation,
  opensSettings,
}) => {
  const night = [{ open: "02:00", close: "03:00" }];
  const weekly = Object.fromEntries(WEEKDAYS.map((day) => [day, night]));
  const sunday = [...night, { open: "23:00", close: "24:00" }];
  const year = new Intl.DateTimeFormat("en", { timeZone: "America/New_York", year: "numeric" }).format(new Date());
  const exceptions = [{ date: `${year}-12-25`, intervals: [] }];
  const businessHours = { timeZone: "America/New_York", weekly: { ...weekly, sunday }, exceptions, holidays: null };
  await organisation.changeSettings({ businessHours });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("What would happen?");
  await expect(admin.field("Time zone")).toHaveValue("America/New_York");
  await admin.presses("Sunday 23:30");
  await asks(admin);
  await expect(admin.answer).toContainText("A live conversation is opened");
  await expect(admin.answer).toContainText(/Sun.* 23:30 in New York/);
  await admin.presses("Christmas Day");
  await asks(admin);
  await expect(admin.answer).toContainText("A Case is made");
  await expect(admin.answer).toContainText(/Next opening.* 26 Dec .* 02:00 in New York/);
  await admin.presses("Night of the clock change");
  await expect(admin.main).toContainText(/Clocks (show this time twice|skip this time) in that night/);
});

test("a time that clocks show twice is asked for both times, and one that they skip is told", async ({
  organisation,
  opensSettings,
}) => {
  const weekly = { sunday: [{ open: "02:00", close: "03:00" }] };
  await organisation.changeSettings({
    businessHours: { timeZone: "Europe/Copenhagen", weekly, exceptions: [], holidays: null },
  });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("What would happen?");
  await admin.field("Date").fill("2027-10-31");
  await admin.field("Time").fill("02:30");
  const asked: string[] = [];
  admin.page.on("request", (request) => {
    if (request.url().endsWith("/preview")) {
      asked.push((request.postDataJSON() as { at: string }).at);
    }
  });
  for (const which of ["the first time", "the second time"]) {
    await admin.ticks(which.replace("the", "The"));
    await asks(admin);
    await expect(admin.answer).toContainText("A live conversation is opened");
    await expect(admin.answer).toContainText(`in Copenhagen, ${which}`);
  }
  expect(asked).toEqual(["2027-10-31T00:30:00.000Z", "2027-10-31T01:30:00.000Z"]);
  await admin.field("Date").fill("2027-03-28");
  await expect(admin.main).toContainText("Clocks skip this time in that night.");
  await asks(admin);
  await expect(admin.answer).toContainText("A Case is made");
  await expect(admin.answer).toContainText("03:30 in Copenhagen");
});

test("settings that are not saved yet can be asked about, and stay unsaved", async ({
  organisation,
  opensSettings,
}) => {
  await organisation.changeSettings({ businessHours: openAt("00:00", "24:00") });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.ticks("Omni-Channel Flow");
  await admin.opens("What would happen?");
  await asks(admin);
  await expect(admin.answer).toContainText("Salesforce always gets a conversation");
  await admin.field("Use my unsaved changes").uncheck();
  await asks(admin);
  await expect(admin.answer).toContainText("It is within business hours.");
  expect(await organisation.settings()).toMatchObject({ integrationType: "fullviewFlow" });
});

test("what is against unsaved settings is told by the names of their fields", async ({
  organisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/status of 400 .*\/settings\/preview\)$/);
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.fills("Domain", "login.salesforce.com");
  await admin.opens("What would happen?");
  await asks(admin);
  await expect(admin.answer.getByRole("alert")).toContainText("Domain: Must be a host");
  await expect(admin.answer).not.toContainText("/salesforce");
});

test("the subject of the conversation is part of the question, if there is one", async ({
  organisation,
  opensSettings,
}) => {
  await organisation.changeSettings({ routingAttributes: [{ attribute: "subject", value: "Name" }] });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.opens("What would happen?");
  await asks(admin);
  await expect(admin.answer).toContainText("None are sent.");
  await admin.fills("Subject of the conversation", "Invoice export fails");
  await asks(admin);
  expect(await listed(admin, "Routing attributes")).toEqual({ Name: "Invoice export fails" });
});
