/** Pauses between tries: each twice as long as the one before, never all clients at once, never less than was asked. */

export type Pause = (seconds: number, signal?: AbortSignal) => Promise<void>;

const LONGEST = 30;

export const seconds: Pause = (length, signal) =>
  new Promise((resolve, reject) => {
    const ended = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", ended);
      resolve();
    }, length * 1000);
    if (signal?.aborted) ended();
    else signal?.addEventListener("abort", ended, { once: true });
  });

/** How long to wait before try number `tries` + 1; `asked` is the service's Retry-After. */
export function backoff(tries: number, asked: number | null, random: () => number = Math.random): number {
  const ours = Math.min(2 ** tries, LONGEST) * (0.8 + 0.4 * random());
  // all are asked to come back at the same moment: they come a little later, each its own
  return asked === null ? ours : Math.max(asked * (1 + 0.2 * random()), tries > 2 ? ours : 0);
}
