const KEY = "sluice-admin-token";

/** The token of the admin port, for this tab alone: it is gone when the tab is closed. */
export const session = {
  token(): string | undefined {
    return sessionStorage.getItem(KEY) ?? undefined;
  },
  signIn(token: string): void {
    sessionStorage.setItem(KEY, token);
  },
  signOut(): void {
    sessionStorage.removeItem(KEY);
  },
};
