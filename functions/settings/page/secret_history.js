/** Whether a client secret was saved after a version of the settings; the audit knows, and never what it was. */
export async function wasSecretChanged(api, version) {
  let cursor = null;
  do {
    const page = await api.audit(cursor);
    const saves = page.changes.filter(({ what }) => what === "settings");
    const newer = saves.filter((save) => save.version > version);
    if (newer.some(({ changes }) => changes.some(({ pointer }) => pointer === "/salesforce/clientSecret"))) return true;
    cursor = newer.length < saves.length ? null : page.cursor;
  } while (cursor !== null);
  return false;
}
