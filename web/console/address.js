/** The console's own addresses: which view, and of which tenant. Ids stand in them, never anything secret. */

const HOME = "/console/";

/** @param {string} view @param {string | null} [tenant] */
export function address(view, tenant = null) {
  const parameters = new URLSearchParams({ view, ...(tenant && { tenant }) });
  return `${HOME}?${parameters}`;
}

/** @returns {{view: string, tenant: string | null}} where the browser is */
export function whereabouts() {
  const parameters = new URLSearchParams(location.search);
  return { view: parameters.get("view") ?? "tenants", tenant: parameters.get("tenant") || null };
}

/** Begin anew, so that nothing of what was seen stays in this tab's memory. */
export function startOver() {
  location.replace(HOME);
}
