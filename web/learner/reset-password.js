// The page a mail about a forgotten password leads to. The token stands behind #, which no server ever sees.

const form = document.getElementById("form");
const outcome = document.getElementById("outcome");
const token = new URLSearchParams(location.hash.slice(1)).get("token");
history.replaceState(null, "", location.pathname);

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ token, new_password: document.getElementById("password").value });
  const headers = { "Content-Type": "application/json" };
  try {
    const answer = await fetch("/api/auth/reset-password", { method: "POST", headers, body });
    outcome.textContent = (await answer.json()).message;
    form.hidden = answer.ok;
  } catch {
    outcome.textContent = "The server does not answer. Try again in a moment.";
  }
});
