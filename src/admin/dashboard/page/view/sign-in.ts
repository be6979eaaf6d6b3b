import { ApiError, ask } from "../api/client.ts";
import { session } from "../api/session.ts";
import { fill } from "../dom/fill.ts";
import { byId } from "../dom/h.ts";
import type { State } from "../state.ts";

/** The form that asks for the token, and the button that forgets it. */
export function startSignIn(state: State, changed: () => void, signedIn: () => void): void {
  const input = byId("token");
  const tryToken = async (token: string) => {
    session.signIn(token);
    const refusal = await ask("/api/workers").then(() => undefined, reasonOf);
    if (refusal === undefined) {
      Object.assign(state, { needsToken: false, isLetIn: true, signInNote: undefined });
      signedIn();
      byId("main").focus();
    } else {
      session.signOut();
      state.signInNote = refusal;
      input.focus();
    }
    changed();
  };
  byId("sign-in-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (!(input instanceof HTMLInputElement)) return;
    const token = input.value.trim();
    input.value = "";
    void tryToken(token);
  });
  byId("sign-out").addEventListener("click", () => {
    session.signOut();
    // Nothing that only somebody with the token may see stays behind.
    location.reload();
  });
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 401)
    return "This token is not accepted: compare it with admin.token.";
  return error instanceof Error ? `${error.message}.` : String(error);
}

/** Shows the form where it is needed. */
export function renderSignIn({ needsToken, signInNote }: State): void {
  fill(byId("sign-in-error"), [signInNote]);
  byId("sign-in").hidden = !needsToken;
  byId("views").hidden = needsToken;
  byId("sign-out").hidden = needsToken || session.token() === undefined;
}
