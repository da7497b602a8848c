const ORGANIZATION_ID = /\b00D[A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?\b/;
const MESSAGING_URL = /https:\/\/[a-z0-9.-]+\.my\.salesforce-scrt\.com/i;
const INIT = /\binit\s*\(\s*(["'`])(00D\w+)\1\s*,\s*(["'`])([A-Za-z]\w*)\3/;

/**
 * What Salesforce's install snippet says of a deployment: `{organizationId, developerName, url}`, each null if it is not found.
 *
 * It takes the snippet of a Custom Client deployment and its code file (names and values, as JSON or as lines), and the script of a
 * Web deployment, of which it reads the call of `init`: its messaging address is `scrt2URL`, not that of the site.
 */
export function parseSnippet(text) {
  const init = INIT.exec(text);
  return {
    organizationId: init?.[2] ?? named(text, "OrganizationId|OrgId") ?? ORGANIZATION_ID.exec(text)?.[0] ?? null,
    developerName: init?.[4] ?? named(text, "DeveloperName|esDeveloperName") ?? null,
    url: MESSAGING_URL.exec(text)?.[0] ?? named(text, "Url|scrt2URL|ServiceAPI") ?? null,
  };
}

/** The value that follows a name: in quotes or not, after a colon, an equals sign or the end of an XML tag. */
function named(text, names) {
  const pattern = new RegExp(`(?:^|[^A-Za-z0-9_])(?:${names})["'\`]?\\s*(?:[:=>]|\\r?\\n)\\s*["'\`]?([^\\s"'\`,;<>]+)`, "i");
  return pattern.exec(text)?.[1];
}
