/** Sends one GET to that port of 127.0.0.1, reads all of the reply, and answers its status. */
export async function statusOf(port: number, path = "/", headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
  await response.arrayBuffer();
  return response.status;
}

/** How many of the statuses are that one. */
export function countOf(statuses: readonly number[], status: number): number {
  return statuses.filter((one) => one === status).length;
}
