// A copy of the project with the organisation's routing attributes in it: each is a parameter of the channel, a hidden
// pre-chat field of the deployment and a variable of the flow, of one name.
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));
export const CHANNEL = "packages/channel/messagingChannels/Fullview_Messaging_Channel.messagingChannel-meta.xml";
export const DEPLOYMENT =
  "packages/deployment/EmbeddedServiceConfig/Fullview_Messaging_Deployment.EmbeddedServiceConfig-meta.xml";
export const FLOW = "packages/routing/flows/Fullview_Omni_Channel_Flow.flow-meta.xml";

/** What both a parameter's API name and a flow's variable may be called. */
const NAME = /^[A-Za-z](_?[A-Za-z0-9])*$/;
/** The longest name of a flow's variable. */
const NAME_LENGTH = 80;
/** The longest value that Fullview sends. */
const VALUE_LENGTH = 255;

/** The copy's folder. Without settings it is the project as it is. */
export function copyOfProject(settings) {
  const folder = mkdtempSync(join(tmpdir(), "fullview-salesforce-"));
  for (const part of ["sfdx-project.json", "packages"])
    cpSync(join(PROJECT, part), join(folder, part), { recursive: true });
  if (settings) {
    addRoutingAttributes(
      folder,
      settings.routingAttributes.map(({ value }) => value),
    );
    if (settings.integrationType === "fullviewFlow") letConversationsWait(folder);
  }
  return folder;
}

function addRoutingAttributes(folder, names) {
  checkNames(names, readFileSync(join(folder, FLOW), "utf8"));
  append(folder, CHANNEL, "customParameters", names, parameter);
  append(folder, DEPLOYMENT, "embeddedServiceFormFields", names, preChatField);
  append(folder, FLOW, "variables", names, variable);
}

function checkNames(names, flow) {
  const taken = [...flow.matchAll(/<name>(\w+)<\/name>/g)].map(([, name]) => name.toLowerCase());
  for (const name of names) {
    if (!NAME.test(name) || name.length > NAME_LENGTH) {
      throw new Error(
        `the routing attribute's value "${name}" can't name a flow's variable: letters, digits and single underscores only`,
      );
    }
    if (taken.includes(name.toLowerCase()))
      throw new Error(`the routing attribute's value "${name}" is taken in the flow`);
    taken.push(name.toLowerCase());
  }
}

/** The elements go after the last of their kind, as Salesforce wants equal ones together. */
function append(folder, file, element, names, render) {
  edit(folder, file, `</${element}>`, (end) => end + names.map((name) => render(name)).join(""));
}

function letConversationsWait(folder) {
  edit(folder, FLOW, "<booleanValue>false</booleanValue>\n        </value>\n    </constants>", (found) =>
    found.replace("false", "true"),
  );
}

function edit(folder, file, marker, change) {
  const path = join(folder, file);
  const text = readFileSync(path, "utf8");
  const at = text.lastIndexOf(marker);
  if (at < 0) throw new Error(`${file} has no ${marker}`);
  writeFileSync(path, text.slice(0, at) + change(marker) + text.slice(at + marker.length));
}

const parameter = (name) => `
    <customParameters>
        <actionParameterMappings>
            <actionParameterName>${name}</actionParameterName>
        </actionParameterMappings>
        <externalParameterName>${name}</externalParameterName>
        <masterLabel>${name.slice(0, 40)}</masterLabel>
        <maxLength>${VALUE_LENGTH}</maxLength>
        <name>${name}</name>
        <parameterDataType>String</parameterDataType>
    </customParameters>`;

const preChatField = (name) => `
        <embeddedServiceFormFields>
            <displayOrder>-1</displayOrder>
            <formField>${name}</formField>
            <formFieldType>Text</formFieldType>
            <isHidden>true</isHidden>
            <isRequired>false</isRequired>
            <messagingChannelParameterType>Custom</messagingChannelParameterType>
        </embeddedServiceFormFields>`;

const variable = (name) => `
    <variables>
        <description>A routing attribute of Fullview's settings.</description>
        <name>${name}</name>
        <dataType>String</dataType>
        <isCollection>false</isCollection>
        <isInput>true</isInput>
        <isOutput>false</isOutput>
    </variables>`;
