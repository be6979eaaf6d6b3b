/** Lets the event loop turn a few times: what the kernel holds for sockets of this process is read by then. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}
