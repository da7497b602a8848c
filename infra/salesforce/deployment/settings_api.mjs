// What Fullview's settings API knows of the organisation: its routing attributes, and where and with what the org calls back.

const TIMEOUT_MS = 30_000;
// These become XML and a header as they are.
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;
const HTTPS = /^https:\/\/[^\s"<>&]+$/;

/** `{ integrationType, routingAttributes, apiEndpoint, escalationsToken }`; makes a token if there is none yet. */
export async function readSettings(request) {
  const settings = await call(request, "GET", "/settings");
  const integrationType = chosenType(request, settings);
  const { routingAttributes, apiEndpoint } = settings;
  if (!HTTPS.test(apiEndpoint))
    throw new Error(`Fullview says that its API is ${apiEndpoint}, which Salesforce can't call`);
  const escalationsToken = request.messaging ? await readToken(request) : null;
  return { integrationType, routingAttributes: routingAttributes ?? [], apiEndpoint, escalationsToken };
}

/** Settings can't be stored in Fullview before the org has the app whose keys they hold, so the first time we are told. */
function chosenType(request, { version, integrationType }) {
  if (version === 0) {
    if (request.integrationType) return request.integrationType;
    throw new Error(
      `the organisation ${request.organisation} has no settings yet: say which --integration-type it will have`,
    );
  }
  if (request.integrationType && request.integrationType !== integrationType) {
    throw new Error(`in Fullview the integration type is ${integrationType}`);
  }
  return integrationType;
}

/** The newest token, which is the one without an end. */
async function readToken(request) {
  const { tokens } = await call(request, "GET", "/settings/escalations-tokens");
  const current = tokens.find(({ validUntil }) => validUntil === null);
  const { token } = current ?? (await call(request, "POST", "/settings/escalations-tokens", { overlapHours: 0 }));
  if (!TOKEN.test(token)) throw new Error("Fullview's escalations token has characters that a header can't hold");
  return token;
}

async function call(request, method, path, body) {
  const url = `${request.endpoint}/v1/organisations/${request.organisation}${path}`;
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${request.key}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((error) => {
    throw new Error(`${method} ${url}: ${error.cause?.message ?? error.message}`);
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${answer.code ?? ""}`.trim());
  return answer;
}
