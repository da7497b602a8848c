// The simulator's control API.

const PATIENCE_MS = 20_000;

export const pathOf = (org, ...segments) => ["/control/orgs", ...[org, ...segments].map(encodeURIComponent)].join("/");

const request = async (path, options = {}) => {
  const response = await fetch(path, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) }).catch(() => {
    throw new Error("The simulator cannot be reached.");
  });
  if (response.ok) return response;
  const reason = response.status === 409 ? await response.text() : `The simulator answered ${response.status}.`;
  throw new Error(reason);
};

export const read = (path) => request(path);

// What somebody does happens in the order in which they do it.
let last = Promise.resolve();
const inOrder = (work) => {
  const done = last.then(work);
  last = done.catch(() => {});
  return done;
};

export const act = ({ org, id }, ...actions) => inOrder(async () => {
  for (const action of actions) {
    const headers = { "content-type": "application/json" };
    await request(pathOf(org, "conversations", id, "actions"), { method: "POST", headers, body: JSON.stringify(action) });
  }
});

export const sendFile = ({ org, id }, file) => inOrder(() => {
  const headers = { "content-type": file.type || "application/octet-stream" };
  const query = new URLSearchParams({ name: file.name });
  return request(`${pathOf(org, "conversations", id, "files")}?${query}`, { method: "POST", headers, body: file });
});
