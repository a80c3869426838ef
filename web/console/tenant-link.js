/** The way from an id to its tenant's part of the console. */
import { address } from "./address.js";
import { link } from "./elements.js";

/** What concerns the whole deployment lies in this tenant, which is nobody's (PUBLIC_TENANT in shared/db/entry.py). */
const DEPLOYMENT = "00000000-0000-7000-8000-000000000001";

/** @param {string} view @param {string} tenant its id */
export function tenantLink(view, tenant) {
  return tenant === DEPLOYMENT ? "the deployment" : link(address(view, tenant), tenant);
}
