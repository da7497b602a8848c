// Each check finds an error that is planted in a copy of the project.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { apexTypes } from "../apex_types.mjs";
import { convert } from "../convert.mjs";
import { format } from "../format.mjs";
import { metadataTypes } from "../metadata_types.mjs";
import { namedFields } from "../named_fields.mjs";
import { pmd } from "../pmd.mjs";
import { references } from "../references.mjs";
import { wire } from "../wire.mjs";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));
const RUN = fileURLToPath(new URL("../run.mjs", import.meta.url));
const CLASSES = "packages/callback/classes";
const EXAMPLE = "packages/callback/staticresources/FullviewCallbackExample.json";
const FLOW = "packages/routing/flows/Fullview_Omni_Channel_Flow.flow-meta.xml";
const CHANNEL = "packages/channel/messagingChannels/Fullview_Messaging_Channel.messagingChannel-meta.xml";
const DEPLOYMENT =
  "packages/deployment/EmbeddedServiceConfig/Fullview_Messaging_Deployment.EmbeddedServiceConfig-meta.xml";
const QUEUE = "packages/routing/queues/Fullview_Messaging.queue-meta.xml";
const FIELD = "packages/case/objects/Case/fields/Fullview_Escalation_Id__c.field-meta.xml";
const RECORD = "packages/callback/customMetadata/Fullview_Settings.Default.md-meta.xml";
const POLICY = "packages/app/extlClntAppOauthPolicies/Fullview_Integration_OauthPolicy.ecaOauthPlcy-meta.xml";
const GLOBAL_OAUTH = "packages/app/extlClntAppGlobalOauthSets/Fullview_Integration_GlobalOauth.ecaGlblOauth-meta.xml";
const OAUTH = "packages/app/extlClntAppOauthSettings/Fullview_Integration_Oauth.ecaOauth-meta.xml";
const APP_POLICY = "packages/app/extlClntAppPolicies/Fullview_Integration_Policy.ecaPlcy-meta.xml";
const ATTEMPTS = "packages/callback/objects/Fullview_Callback__c/fields/Attempts__c.field-meta.xml";
const SITE = "packages/callback/remoteSiteSettings/Fullview.remoteSite-meta.xml";
const PRESENCE = "packages/routing/servicePresenceStatuses/Fullview_Available.servicePresenceStatus-meta.xml";
const MESSAGING_INTEGRATION = "packages/routing/permissionsets/Fullview_Messaging_Integration.permissionset-meta.xml";
const LIVE_MESSAGE = "packages/settings/settings/LiveMessage.settings-meta.xml";
const INTEGRATION = "packages/case/permissionsets/Fullview_Integration.permissionset-meta.xml";
const AGENT = "packages/routing/permissionsets/Fullview_Agent.permissionset-meta.xml";
const OMNI_SETTINGS = "packages/settings/settings/OmniChannel.settings-meta.xml";
const OMNI_CHANNEL = `<OmniChannelSettings xmlns="http://soap.sforce.com/2006/04/metadata">
    <enableOmniChannel>true</enableOmniChannel>
</OmniChannelSettings>`;

const folders = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true })));

function copyWith(file, from, to) {
  const folder = mkdtempSync(join(tmpdir(), "fullview-planted-"));
  folders.push(folder);
  cpSync(join(PROJECT, "packages"), join(folder, "packages"), { recursive: true });
  cpSync(join(PROJECT, "sfdx-project.json"), join(folder, "sfdx-project.json"));
  const text = readFileSync(join(folder, file), "utf8");
  assert.ok(text.includes(from), `${file} has no ${from}`);
  writeFileSync(join(folder, file), text.replace(from, to));
  return folder;
}

function finds(check, plants) {
  describe(check.name, () => {
    for (const [fact, file, from, to, expected] of plants) {
      test(fact, async () => {
        const problems = await check(copyWith(file, from, to));
        assert.match(problems.join("\n"), expected);
      });
    }
  });
}

finds(format, [
  [
    "a missing semicolon",
    `${CLASSES}/FullviewOrg.cls`,
    "return identifiers;",
    "return identifiers",
    /FullviewOrg\.cls: /,
  ],
  [
    "another indentation",
    `${CLASSES}/FullviewOrg.cls`,
    "        return",
    "      return",
    /FullviewOrg\.cls: not formatted/,
  ],
]);

finds(apexTypes, [
  [
    "a method that does not exist",
    `${CLASSES}/FullviewCallbackJob.cls`,
    "attachFinalizer",
    "attachFinaliser",
    /attachFinaliser/,
  ],
  [
    "a custom field that does not exist",
    `${CLASSES}/FullviewCallbackRecord.cls`,
    "Case_Id__c",
    "CaseId__c",
    /CaseId__c/,
  ],
  [
    "an argument of another type",
    `${CLASSES}/FullviewCallbackDelivery.cls`,
    "send(callback, settings)",
    "send(callback, 1)",
    /'send'/,
  ],
  [
    "a field that an object lost",
    `packages/callback/objects/Fullview_Callback__c/fields/Problem__c.field-meta.xml`,
    "<fullName>Problem__c",
    "<fullName>Problems__c",
    /Problem__c/,
  ],
]);

finds(pmd, [
  [
    "a query in a loop",
    `${CLASSES}/FullviewCallbackRecord.cls`,
    "records.add(",
    "List<Case> all = [SELECT Id FROM Case WITH SYSTEM_MODE LIMIT 1];\nrecords.add(",
    /OperationWithLimitsInLoop/,
  ],
  [
    "an empty catch",
    `${CLASSES}/FullviewCallbackDelivery.cls`,
    "return false;\n        }\n    }",
    "}\n        return false;\n    }",
    /EmptyCatchBlock/,
  ],
]);

finds(convert, [
  [
    "a package that does not exist",
    "sfdx-project.json",
    '"packages/settings"',
    '"packages/setting"',
    /packages\/setting/,
  ],
  [
    "a placeholder that is not replaced",
    "sfdx-project.json",
    '"stringToReplace": "fullview-escalations-token"',
    '"stringToReplace": "no-such-token"',
    /fullview-escalations-token/,
  ],
]);

test("convert: a file of no known kind", async () => {
  const folder = copyWith(QUEUE, "Fullview", "Fullview");
  writeFileSync(join(folder, "packages/routing/queues/Notes.txt"), "");
  assert.match((await convert(folder)).join("\n"), /Notes\.txt/);
});

test("the run of all checks tells what is wrong, and ends with 1", () => {
  const folder = copyWith(QUEUE, ">Fullview_Messaging_Routing<", ">Other<");
  const { status, stdout } = spawnSync(process.execPath, [RUN, folder], { encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stdout, /FAILED: names exist[^\n]*\n {2}.*no QueueRoutingConfig Other\nok: the callback/);
});

finds(metadataTypes, [
  [
    "an unknown element",
    CHANNEL,
    "<masterLabel>Fullview Messaging",
    "<bogus>1</bogus><masterLabel>Fullview Messaging",
    /no element bogus/,
  ],
  [
    "an unknown element deep inside",
    CHANNEL,
    "anonymousUserJwtExpirationTime>4320</anonymousUserJwtExpirationTime",
    "tokenLife>4320</tokenLife",
    /embeddedConfig has no element tokenLife/,
  ],
  ["a missing element", QUEUE, "<name>Fullview Messaging</name>", "", /Queue needs name/],
  [
    "a value that is not in the enumeration",
    DEPLOYMENT,
    ">API<",
    ">CustomClient<",
    /deploymentType can't be CustomClient/,
  ],
  ["a word for a number", CHANNEL, ">4320<", ">three days<", /not a number/],
  ["a word for a boolean", CHANNEL, "<isQueuePositionEnabled>true", "<isQueuePositionEnabled>on", /not true or false/],
  ["an element twice", QUEUE, "<name>Fullview Messaging</name>", "<name>a</name><name>b</name>", /may stand once/],
  [
    "repeated elements apart",
    FLOW,
    "<status>Active</status>",
    "<variables><name>a</name><dataType>String</dataType></variables><status>Active</status>",
    /variables do not stand together/,
  ],
  [
    "an unknown type",
    OMNI_SETTINGS,
    OMNI_CHANNEL,
    OMNI_CHANNEL.replaceAll("OmniChannelSettings", "OmniSettings"),
    /no metadata type is called OmniSettings/,
  ],
  ["no namespace", QUEUE, ' xmlns="http://soap.sforce.com/2006/04/metadata"', "", /not in the namespace/],
  [
    "another namespace",
    QUEUE,
    "http://soap.sforce.com/2006/04/metadata",
    "http://soap.sforce.com/2006/08/apex",
    /not in the namespace/,
  ],
  ["a value of custom metadata without its type", RECORD, ' xsi:type="xsd:string"', "", /has no xsi:type/],
  [
    "a prefix that is not declared",
    RECORD,
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
    "",
    /namespace xsd is not declared/,
  ],
  ["a number without its digits", ATTEMPTS, "    <precision>3</precision>\n", "", /type Number needs precision/],
  ["XML that is not well-formed", QUEUE, "</name>", "</nam>", /Fullview_Messaging\.queue/],
]);

finds(namedFields, [
  [
    "a field that a flow writes",
    FLOW,
    "<field>CaseId",
    "<field>CasId",
    /'CasId' on SObject 'Schema\.MessagingSession'/,
  ],
  ["a field that a flow looks up by", FLOW, "<field>DeveloperName", "<field>DevName", /'DevName'/],
  [
    "a field of a permission",
    MESSAGING_INTEGRATION,
    "<field>MessagingSession.CaseId",
    "<field>MessagingSession.Case_Id",
    /'Case_Id'/,
  ],
  ["a field of a query", `${CLASSES}/FullviewOrg.cls`, "SELECT Id, CaseNumber", "SELECT Id, CaseNo", /'CaseNo'/],
  [
    "a field of a query's parent",
    `${CLASSES}/FullviewOrg.cls`,
    "SELECT Id, Conversation.ConversationIdentifier",
    "SELECT Id, Conversation.Identifier",
    /'Identifier' on SObject 'Schema\.Conversation'/,
  ],
  [
    "a field of a query's condition",
    `${CLASSES}/FullviewOrg.cls`,
    "WHERE Id IN :caseIds",
    "WHERE CaseIds IN :caseIds",
    /'CaseIds'/,
  ],
]);

finds(references, [
  [
    "a mapping to a variable that the flow has not",
    CHANNEL,
    "<actionParameterName>FullviewEscalationId",
    "<actionParameterName>escalationId",
    /no input variable escalationId/,
  ],
  [
    "a variable that no parameter is mapped to",
    FLOW,
    "<name>onlineAgentsCount</name>\n        <dataType>Number</dataType>\n        <isCollection>false</isCollection>\n        <isInput>false",
    "<name>onlineAgentsCount</name>\n        <dataType>Number</dataType>\n        <isCollection>false</isCollection>\n        <isInput>true",
    /mapped to the variable onlineAgentsCount/,
  ],
  [
    "a pre-chat field that is no parameter",
    DEPLOYMENT,
    "<formField>FullviewEscalationId",
    "<formField>EscalationId",
    /no parameter EscalationId[^]*is no pre-chat field/,
  ],
  ["a pre-chat field that shows", DEPLOYMENT, "<isHidden>true", "<isHidden>false", /isHidden is false/],
  ["pre-chat that is off", DEPLOYMENT, "<isActive>true", "<isActive>false", /embeddedServiceForms\.isActive is false/],
  ["a deployment that is no Custom Client", DEPLOYMENT, ">API<", ">Web<", /deploymentType is Web, not API/],
  [
    "a parameter of another name than is sent",
    CHANNEL,
    "<externalParameterName>Fullview",
    "<externalParameterName>fullview",
    /sent with every conversation/,
  ],
  ["a token that lives less", CHANNEL, ">4320<", ">360<", /anonymousUserJwtExpirationTime is 360, not 4320/],
  [
    "a queue position that is off",
    CHANNEL,
    "<isQueuePositionEnabled>true",
    "<isQueuePositionEnabled>false",
    /isQueuePositionEnabled is false/,
  ],
  ["a flow that is not active", FLOW, "<status>Active", "<status>Draft", /status is Draft, not Active/],
  [
    "a channel to a flow that does not exist",
    CHANNEL,
    "<sessionHandlerFlow>Fullview",
    "<sessionHandlerFlow>Other",
    /no Flow Other/,
  ],
  [
    "a flow to a queue that does not exist",
    FLOW,
    "<stringValue>Fullview_Messaging<",
    "<stringValue>Fullview_Chat<",
    /no Queue Fullview_Chat/,
  ],
  [
    "a flow with an action that does not exist",
    FLOW,
    "<actionName>FullviewEndConversation",
    "<actionName>EndConversation",
    /no ApexClass EndConversation/,
  ],
  [
    "an action without an input that it requires",
    FLOW,
    "<name>recordId</name>\n            <value>\n                <elementReference>recordId</elementReference>\n            </value>\n        </inputParameters>\n        <inputParameters>\n            <name>caseId",
    "<name>caseNumber</name>\n            <value>\n                <elementReference>recordId</elementReference>\n            </value>\n        </inputParameters>\n        <inputParameters>\n            <name>caseId",
    /no input caseNumber[^]*needs the input recordId/,
  ],
  [
    "a flow that writes a field that does not exist",
    FLOW,
    "<field>Fullview_Escalation_Id__c",
    "<field>Escalation__c",
    /no CustomField Case\.Escalation__c/,
  ],
  [
    "a connector to nowhere",
    FLOW,
    "<targetReference>Link_Case",
    "<targetReference>Link",
    /no element Link\b[^]*nothing leads to Link_Case/,
  ],
  [
    "a queue without its routing configuration",
    QUEUE,
    ">Fullview_Messaging_Routing<",
    ">Other<",
    /no QueueRoutingConfig Other/,
  ],
  [
    "a record without one of the settings",
    RECORD,
    "Escalations_Token__c",
    "Token__c",
    /Token__c[^]*no value for Fullview_Settings__mdt\.Escalations_Token__c/,
  ],
  [
    "a policy with a permission set that does not exist",
    POLICY,
    ">Fullview_Integration<",
    ">Other<",
    /no (PermissionSet|ExternalClientApplication) Other/,
  ],
  [
    "a permission for a field that does not exist",
    INTEGRATION,
    "Fullview_Escalation_Id__c",
    "Fullview_Id__c",
    /no CustomField Case\.Fullview_Id__c/,
  ],
  [
    "a permission for a presence that does not exist",
    AGENT,
    "<servicePresenceStatus>Fullview_Available",
    "<servicePresenceStatus>Online",
    /no ServicePresenceStatus Online/,
  ],
  ["an external id that is not unique", FIELD, "<unique>true", "<unique>false", /unique is false/],
  [
    "a package that is deployed before what it names",
    "sfdx-project.json",
    '"packages/channel"\n    },\n    {\n      "path": "packages/deployment"',
    '"packages/deployment"\n    },\n    {\n      "path": "packages/channel"',
    /deployed later/,
  ],
  [
    "a parameter that cuts the escalation's id",
    CHANNEL,
    "<maxLength>36",
    "<maxLength>12",
    /maxLength of FullviewEscalationId is 12, not 36/,
  ],
  ["a field that cuts the escalation's id", FIELD, "<length>36", "<length>30", /length is 30, not 36/],
  [
    "an app that gives no client credentials",
    GLOBAL_OAUTH,
    "<isClientCredentialsFlowEnabled>true",
    "<isClientCredentialsFlowEnabled>false",
    /GlobalOauth.*isClientCredentialsFlowEnabled is false/,
  ],
  [
    "a policy that allows no client credentials",
    POLICY,
    "<isClientCredentialsFlowEnabled>true",
    "<isClientCredentialsFlowEnabled>false",
    /OauthPolicy.*isClientCredentialsFlowEnabled is false/,
  ],
  ["an app that is off", APP_POLICY, "<isEnabled>true", "<isEnabled>false", /isEnabled is false/],
  ["a scope that does not exist", OAUTH, "Api,", "Apis,", /commaSeparatedOauthScopes is Apis, Basic/],
  ["a queue for something else", QUEUE, ">MessagingSession<", ">Case<", /sobjectType is Case, not MessagingSession/],
  ["a remote site that is off", SITE, "<isActive>true", "<isActive>false", /isActive is false/],
  ["Messaging that is off", LIVE_MESSAGE, ">true<", ">false<", /enableLiveMessage is false/],
  ["Omni-Channel that is off", OMNI_SETTINGS, ">true<", ">false<", /enableOmniChannel is false/],
  [
    "a deployment that is off",
    DEPLOYMENT,
    "    <isEnabled>true</isEnabled>\n    <master",
    "    <isEnabled>false</isEnabled>\n    <master",
    /: isEnabled is false/,
  ],
  [
    "a deployment whose channel is off",
    DEPLOYMENT,
    "        <isEnabled>true",
    "        <isEnabled>false",
    /embeddedServiceMessagingChannel\.isEnabled is false/,
  ],
  [
    "a flow that routes nothing",
    FLOW,
    "<processType>RoutingFlow",
    "<processType>AutoLaunchedFlow",
    /processType is AutoLaunchedFlow/,
  ],
  ["an authentication that does not exist", CHANNEL, ">UnAuth<", ">Anonymous<", /authMode is Anonymous, not UnAuth/],
  ["a presence for another channel", PRESENCE, "sfdc_livemessage", "sfdc_livemesage", /channel is sfdc_livemesage/],
  ["a permission that does not exist", INTEGRATION, "ApiEnabled", "ApiEnable", /name is ApiEnable, not ApiEnabled/],
  [
    "agents without the app permission",
    AGENT,
    "<name>EmbeddedMessagingAgent",
    "<name>LiveMessageAgent",
    /LiveMessageAgent, not EmbeddedMessagingAgent/,
  ],
  [
    "an integration user that sees own sessions only",
    MESSAGING_INTEGRATION,
    "<viewAllRecords>true",
    "<viewAllRecords>false",
    /viewAllRecords is false/,
  ],
  [
    "a test of an example that does not exist",
    `${CLASSES}/FullviewCallbackDeliveryTest.cls`,
    "'FullviewCallbackExample'",
    "'FullviewExample'",
    /no StaticResource FullviewExample/,
  ],
  ["another API version", `${CLASSES}/FullviewOrg.cls-meta.xml`, "66.0", "65.0", /apiVersion is 65\.0/],
  ["a replacement that finds nothing", RECORD, "fullview-organisation-id", "acme", /has no fullview-organisation-id/],
]);

finds(wire, [
  [
    "a member that the Apex names otherwise",
    `${CLASSES}/FullviewCallbackBody.cls`,
    "String caseNumber",
    "String number",
    /withCase has/,
  ],
  [
    "a member that the Apex has no more",
    `${CLASSES}/FullviewCallbackBody.cls`,
    "        public String caseId;\n",
    "",
    /silent has/,
  ],
  [
    "a member of another type that the Apex sends besides",
    `${CLASSES}/FullviewCallbackBody.cls`,
    "        public String caseId;\n",
    "        public String caseId;\n        public Boolean urgent;\n",
    /Apex builds \[.*urgent\]/,
  ],
  [
    "a property that the Apex sends besides",
    `${CLASSES}/FullviewCallbackBody.cls`,
    "packageVersion = PACKAGE_VERSION;\n",
    "packageVersion = PACKAGE_VERSION;\n        public String note { get; set; }\n",
    /Apex builds \[.*public String note/,
  ],
  [
    "a private member, which is sent too",
    `${CLASSES}/FullviewCallbackBody.cls`,
    "        public String nonce;\n",
    "        public String nonce;\n        private String note;\n",
    /test has \[nonce\], the Apex builds \[nonce, private String note\]/,
  ],
  [
    "a body without its nulls",
    `${CLASSES}/FullviewCallback.cls`,
    "JSON.serialize(outcome)",
    "JSON.serialize(outcome, true)",
    /does not return JSON\.serialize\(outcome\)/,
  ],
  [
    "a member with another's value",
    `${CLASSES}/FullviewCallback.cls`,
    "outcome.conversationId = conversationId",
    "outcome.conversationId = messagingSessionId",
    /outcome gets \[.*conversationId = messagingSessionId/,
  ],
  [
    "a member without a value",
    `${CLASSES}/FullviewCallback.cls`,
    "        outcome.caseNumber = caseNumber;\n",
    "",
    /outcome gets \[caseId = caseId, conversationId/,
  ],
  [
    "a nonce that is not sent",
    `${CLASSES}/FullviewCallback.cls`,
    "test.nonce = nonce",
    "test.nonce = caseId",
    /test gets/,
  ],
  [
    "a path that the function does not have",
    `${CLASSES}/FullviewSettings.cls`,
    "/v1/callbacks/apex/",
    "/v1/callback/apex/",
    /goes to \/v1\/callback\/apex\/\{organisationId\}, the function's route is/,
  ],
  ["another version", `${CLASSES}/FullviewCallbackBody.cls`, "'1.0'", "'1.1'", /packageVersion/],
  ["an example that has another member", EXAMPLE, '"nonce"', '"challenge"', /test has/],
]);
