// Values that Salesforce would also take otherwise, but with which nothing would work, or that it would refuse without its types
// telling: of each component of a type, or of the one named, what stands at the path is this.
import { list } from "./components.mjs";

/** An escalation's id is a UUID in its usual form. */
export const ESCALATION_ID_LENGTH = "36";

const MESSAGING_CHANNEL = "sfdc_livemessage";

const REQUIRED = {
  "CustomField Case.Fullview_Escalation_Id__c": {
    externalId: "true",
    length: ESCALATION_ID_LENGTH,
    unique: "true",
  },
  EmbeddedServiceConfig: {
    deploymentFeature: "EmbeddedMessaging",
    deploymentType: "API",
    "embeddedServiceForms.embeddedServiceFormFields.isHidden": "true",
    "embeddedServiceForms.isActive": "true",
    "embeddedServiceMessagingChannel.isEnabled": "true",
    isEnabled: "true",
  },
  ExtlClntAppConfigurablePolicies: { isEnabled: "true", isOauthPluginEnabled: "true" },
  ExtlClntAppGlobalOauthSettings: { isClientCredentialsFlowEnabled: "true" },
  ExtlClntAppOauthConfigurablePolicies: {
    isClientCredentialsFlowEnabled: "true",
    permittedUsersPolicyType: "AdminApprovedPreAuthorized",
  },
  ExtlClntAppOauthSettings: { commaSeparatedOauthScopes: "Api, Basic" },
  Flow: { environments: "Default", processType: "RoutingFlow", status: "Active" },
  LiveMessageSettings: { enableLiveMessage: "true" },
  MessagingChannel: {
    "embeddedConfig.anonymousUserJwtExpirationTime": "4320",
    "embeddedConfig.authMode": "UnAuth",
    isQueuePositionEnabled: "true",
    messagingChannelType: "EmbeddedMessaging",
    sessionHandlerType: "Flow",
  },
  OmniChannelSettings: { enableOmniChannel: "true" },
  "PermissionSet Fullview_Agent": {
    "objectPermissions.allowEdit": "true",
    "objectPermissions.allowRead": "true",
    "objectPermissions.object": "MessagingSession",
    "userPermissions.enabled": "true",
    "userPermissions.name": "EmbeddedMessagingAgent",
  },
  "PermissionSet Fullview_Integration": { "userPermissions.enabled": "true", "userPermissions.name": "ApiEnabled" },
  "PermissionSet Fullview_Messaging_Integration": {
    "fieldPermissions.field": "MessagingSession.CaseId",
    "fieldPermissions.readable": "true",
    "objectPermissions.object": "MessagingSession",
    "objectPermissions.viewAllRecords": "true",
  },
  Queue: { "queueSobject.sobjectType": "MessagingSession" },
  RemoteSiteSetting: { isActive: "true" },
  ServicePresenceStatus: { "channels.channel": MESSAGING_CHANNEL },
};

export function checkRequiredValues(context) {
  for (const [key, required] of Object.entries(REQUIRED)) {
    const [type, name] = key.split(" ");
    const files = context.ofType(type).filter((file) => name === undefined || file.name === name);
    if (files.length === 0) context.problems.push(`there is no ${key}`);
    for (const file of files) checkValues(context, file, required);
  }
}

function checkValues(context, file, required) {
  for (const [path, value] of Object.entries(required)) {
    const values = valuesAt(file.content, path.split("."));
    if (values.length === 0) context.report(file, `${path} is missing, not ${value}`);
    for (const other of values.filter((found) => found !== value)) {
      context.report(file, `${path} is ${other}, not ${value}`);
    }
  }
}

function valuesAt(content, [name, ...rest]) {
  const values = list(content, name);
  return rest.length === 0 ? values : values.flatMap((value) => valuesAt(value, rest));
}
