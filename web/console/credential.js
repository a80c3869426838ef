/**
 * The token of a session opened with password and code.
 *
 * It lies in the tab's session storage: loading the page again keeps it, because the same one-time code would not work
 * twice, while other tabs and a browser that is started anew do not have it. The server ends it within the hour.
 * Behind Cloudflare Access there is none: the browser carries Access's own cookie, which no script can read.
 */

const KEY = "unamentis.admin";

export function storedCredential() {
  return sessionStorage.getItem(KEY);
}

export function keepCredential(token) {
  sessionStorage.setItem(KEY, token);
}

export function forgetCredential() {
  sessionStorage.removeItem(KEY);
}
