import { expectNothingCut } from "../harness/accessibility";
import type { Admin } from "../harness/admin";
import { expect, test } from "../harness/fixtures";
import type { Organisation } from "../harness/organisation";

interface Mistake {
  mistake: string;
  /** Makes it, in the org or on the page. */
  make: (organisation: Organisation, admin: Admin) => Promise<void>;
  /** The check that fails, and the card that it is about. */
  check: string;
  card: string;
  cure: RegExp;
  /** Does what the cure says. */
  mend: (organisation: Organisation, admin: Admin) => Promise<void>;
}

const MISTAKES_OF_THE_CONNECTION: Mistake[] = [
  {
    mistake: "a wrong client secret",
    make: (_, admin) => admin.fills("Client secret", "mistyped"),
    check: "Sign-in with the connected app",
    card: "Connected app",
    cure: /Enter the Client Secret again/,
    mend: ({ clientSecret }, admin) => admin.fills("Client secret", clientSecret),
  },
  {
    mistake: "no run-as user",
    make: (organisation) => organisation.failOnce("token", { kind: "tokenError", error: "noClientCredentialsUser" }),
    check: "Sign-in with the connected app",
    card: "Connected app",
    cure: /Policies, and set Run As to the integration user's username/,
    // The fault was for one sign-in.
    mend: async () => {},
  },
  {
    mistake: "a run-as user who may not create Cases",
    make: (organisation) => organisation.changeOrg({ createsCases: false }),
    check: "Permission to create Cases",
    card: "Case",
    cure: /open Permission Sets, and assign .* to the Run As user: Create on Case/,
    mend: (organisation) => organisation.changeOrg({ createsCases: true }),
  },
  {
    mistake: "a deployment of the wrong type",
    make: (organisation) => organisation.changeMessaging({ deploymentType: "web" }),
    check: "Deployment type Custom Client",
    card: "Messaging",
    cure: /choose New Deployment, Enhanced Chat, then Custom Client/,
    mend: (organisation) => organisation.changeMessaging({ deploymentType: "api" }),
  },
  {
    mistake: "an attribute in the wrong case",
    make: (_, admin) => admin.fills("Value", "name"),
    check: "Routing attribute name",
    card: "Routing attributes",
    cure: /Change the value from “name” to “Name”/,
    mend: (_, admin) => admin.fills("Value", "Name"),
  },
];

for (const { mistake, make, check, card, cure, mend } of MISTAKES_OF_THE_CONNECTION) {
  test(`the connection test names ${mistake}, with the cure, and is green after it`, async ({
    organisation,
    opensSettings,
  }) => {
    const admin = await opensSettings(organisation);
    await admin.signsIn();
    await make(organisation, admin);
    await admin.testsConnection();
    await expect(admin.check(check)).toContainText("Failed");
    await expect(admin.check(check)).toContainText(cure);
    await expect(admin.state("Test connection")).toHaveText("Needs attention");
    await admin.presses(`Show ${card}`);
    await expect(admin.card(card)).toBeInViewport();
    await expect(admin.card(card).getByRole("heading", { level: 2 })).toBeFocused();

    await mend(organisation, admin);
    await admin.testsConnection();
    await expect(admin.card("Test connection")).not.toContainText("Failed");
    await expect(admin.state("Test connection")).toHaveText("Works");
  });
}

test("an attribute in the wrong case is told beside its row too, until the row is changed", async ({
  organisation,
  opensSettings,
}) => {
  await organisation.changeSettings({ routingAttributes: [{ attribute: "plan", value: "plan" }] });
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  await admin.testsConnection();
  const row = admin.main.getByRole("group", { name: "Routing attribute 1" });
  await expect(row).toContainText("In Salesforce it is spelt “Plan”");
  await expect(admin.state("Routing attributes")).toHaveText("Needs attention");
  await admin.fills("Value", "Plan");
  await expect(row).not.toContainText("In Salesforce");
  await expect(admin.state("Routing attributes")).toHaveText("Not saved");
  await admin.saves();
  await admin.testsConnection();
  await expect(row).toContainText("The deployment has a hidden pre-chat field of this name");
  await expect(admin.state("Routing attributes")).toHaveText("Works");
});

test("login.salesforce.com is refused as domain, at the field, with what to enter instead", async ({
  emptyOrganisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/status of 400 .*\/settings(\/test)?\)$/);
  const admin = await opensSettings(emptyOrganisation);
  await admin.signsIn();
  await admin.ticks("Fullview Flow");
  await admin.connectsApp();
  await admin.fills("Domain", "login.salesforce.com");
  for (const button of ["Test connection", "Save"]) {
    await admin.presses(button);
    const summary = admin.page.getByRole("alert").filter({ hasText: "Not saved. These fields need your attention" });
    await expect(summary).toBeFocused();
    await expect(summary).toContainText("Domain: Must be a host that ends with .my.salesforce.com");
    await expect(admin.state("Connected app")).toHaveText("Not valid");
    await admin.presses("Domain", summary);
    await expect(admin.field("Domain")).toBeFocused();
    await expect(admin.field("Domain")).toHaveAccessibleDescription(/such as acme .*not login\.salesforce\.com/);
  }
  await admin.fills("Domain", emptyOrganisation.domain);
  await admin.saves();
});

for (const { mistake, make, said, cure, mend } of [
  {
    mistake: "a remote site that is missing",
    make: (organisation: Organisation) => organisation.changeOrg({ package: { remoteSite: false } }),
    said: "Failed: remote site.",
    cure: "Setup → Remote Site Settings → New Remote Site, with the FV Api Endpoint as URL",
    mend: (organisation: Organisation) => organisation.changeOrg({ package: { remoteSite: true } }),
  },
  {
    mistake: "a wrong escalations token",
    make: (organisation: Organisation) => organisation.putToken("mistyped"),
    said: "Failed: Organisation Id or Escalations Token.",
    cure: "copy both from here, under Manage Records",
    mend: (organisation: Organisation) => organisation.changeMessaging({}),
  },
  {
    mistake: "a package that is not installed",
    make: (organisation: Organisation) => organisation.changeOrg({ package: { testAction: "missing" } }),
    said: "Failed: package.",
    cure: "Install the Fullview app from AppExchange",
    mend: (organisation: Organisation) => organisation.changeOrg({ package: {} }),
  },
  {
    mistake: "a run-as user without access to the package",
    make: (organisation: Organisation) => organisation.changeOrg({ package: { testAction: "forbidden" } }),
    said: "Failed: permission.",
    cure: "Assign the permission set Fullview Callback Runner",
    mend: (organisation: Organisation) => organisation.changeOrg({ package: {} }),
  },
]) {
  test(`the callback test names ${mistake}, with the cure, and is green after it`, async ({
    organisation,
    opensSettings,
  }) => {
    await organisation.changeSettings({ integrationType: "omniChannelFlow" });
    await make(organisation);
    const admin = await opensSettings(organisation);
    await admin.signsIn();
    const card = admin.card("Apex action");
    await expect(card).toContainText("Not tested yet.");
    await admin.testsCallback();
    await expect(card).toContainText(said);
    await expect(card).toContainText(cure);
    await expect(admin.state("Apex action")).toHaveText("Needs attention");

    await mend(organisation);
    await admin.testsCallback();
    await expect(card).toContainText("The callback came back");
    await expect(admin.state("Apex action")).toHaveText("Works");
    await admin.page.reload();
    await admin.signsIn();
    await expect(card).toContainText("The callback came back");
  });
}

test("of two admins the second to save sees what differs, chooses, and nothing is lost", async ({
  organisation,
  twoAdmins,
}) => {
  const [ada, grace] = await twoAdmins();
  await ada.fills("Longest wait in minutes", "30");
  await ada.fills("Origin", "Web");
  await grace.fills("Longest wait in minutes", "45");
  await grace.fills("Priority", "High");
  await grace.saves();
  const version = (await organisation.settings()).version;

  await ada.presses("Save");
  await expect(ada.dialog).toHaveAccessibleName("Someone else saved meanwhile");
  await expect(ada.dialog).toContainText(
    `You began with version ${version - 1}, and by now there is version ${version}`,
  );
  const differences = ada.dialog.getByRole("listitem");
  await expect(differences).toHaveCount(3);
  const wait = differences.filter({ hasText: "Longest wait in minutes" });
  await expect(wait).toContainText("both changed it");
  await expect(wait).toContainText(/It was: 20.*Mine.*30.*Theirs.*45/);
  await expect(differences.filter({ hasText: "Priority" })).toContainText("only they changed it");
  await expect(differences.filter({ hasText: "Origin" })).toContainText("only you changed it");
  expect((await organisation.settings()).version).toBe(version);

  await ada.page.keyboard.press("Escape");
  await expect(ada.dialog).toBeHidden();
  await expect(ada.field("Longest wait in minutes")).toHaveValue("30");
  await ada.presses("Save");
  await wait.getByRole("radio", { name: /^Theirs/ }).check();
  await ada.presses("Save with these choices");
  await expect(ada.saving.getByText("All changes are saved")).toBeVisible();
  expect(await organisation.settings()).toMatchObject({
    version: version + 1,
    rescue: { longestWaitMinutes: 45 },
    case: { origin: "Web", priority: "High" },
  });
  await expect(ada.field("Priority")).toHaveValue("High");
});

test("hours that overlap are named on their day, with what to do", async ({ emptyOrganisation, opensSettings }) => {
  const admin = await opensSettings(emptyOrganisation);
  await admin.signsIn();
  await admin.choosesLiveChat();
  await admin.presses("Add hours on Monday");
  const monday = admin.main.getByRole("group", { name: "Monday", exact: true });
  const note = monday.getByRole("status");
  await expect(note).toBeEmpty();
  await monday.getByLabel("Monday: opens at").nth(1).fill("16:30");
  await expect(note).toContainText("09:00–17:00 and 16:30–21:00 overlap.");
  await expect(note).toContainText("change one of them");
  await monday.getByLabel("Monday: closes at").first().fill("16:30");
  await expect(note).toBeEmpty();
});

test("hours that go on over midnight into those of the next day are named there, also from Sunday to Monday", async ({
  emptyOrganisation,
  opensSettings,
}) => {
  const admin = await opensSettings(emptyOrganisation);
  await admin.signsIn();
  await admin.choosesLiveChat();
  await admin.presses("Add hours on Sunday");
  await admin.fills("Sunday: opens at", "22:00");
  await admin.fills("Sunday: closes at", "10:00");
  const note = admin.main.getByRole("group", { name: "Monday", exact: true }).getByRole("status");
  await expect(note).toContainText("22:00–10:00 on Sunday and 09:00–17:00 overlap.");
  await admin.fills("Sunday: closes at", "09:00");
  await expect(note).toBeEmpty();
});

test("a field of the Case that another row has in another case is refused at the second row", async ({
  organisation,
  opensSettings,
}) => {
  const admin = await opensSettings(organisation);
  await admin.signsIn();
  for (const [index, name] of ["Plan__c", "PLAN__C"].entries()) {
    await admin.presses("Add a field");
    await admin.field("Field’s API name").nth(index).fill(name);
    await admin.field("Property or value").nth(index).fill("plan");
  }
  await admin.presses("Save");
  await expect(admin.page.getByRole("alert").filter({ hasText: "Not saved." })).toContainText(
    "Mapped field 2: Field’s API name: Is mapped by another row already.",
  );
  await expect(admin.field("Field’s API name").nth(1)).toHaveAttribute("aria-invalid", "true");
});

test("a callback test before there are settings says to save them first", async ({
  emptyOrganisation,
  opensSettings,
  guard,
}) => {
  guard.expect(/status of 409 .*\/settings\/callback-test\)$/);
  const admin = await opensSettings(emptyOrganisation);
  await admin.signsIn();
  await admin.ticks("Omni-Channel Flow");
  await admin.testsCallback();
  await expect(admin.card("Apex action")).toContainText("Save the settings first.");
});

test("the name of a long routing attribute wraps on a narrow page", async ({ organisation, opensSettings }) => {
  const value = "Fullview_Customer_Subscription_Plan";
  await organisation.changeSettings({ routingAttributes: [{ attribute: "plan", value }] });
  const admin = await opensSettings(organisation, { width: 320 });
  await admin.signsIn();
  await admin.testsConnection();
  await expect(admin.check(`Routing attribute ${value}`)).toContainText("Failed");
  await expectNothingCut(admin.page);
});
