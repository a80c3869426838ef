/** The learner's beta token: from the address once, then kept for this tab only. */

const KEY = "unamentis.token";

/**
 * Move a token from `#token=…` out of the address bar, where it would be shown and shared, into this tab.
 * @returns {boolean} whether there was one
 */
export function takeTokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) {
    return false;
  }
  keepToken(token);
  history.replaceState(history.state, "", location.pathname + location.search);
  return true;
}

export function storedToken() {
  return sessionStorage.getItem(KEY);
}

export function keepToken(token) {
  sessionStorage.setItem(KEY, token.trim());
}

export function forgetToken() {
  sessionStorage.removeItem(KEY);
}
