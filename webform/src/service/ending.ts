/** One ending for several causes: what AbortSignal.any does, which phones of 2023 lack. */

export interface Ending {
  signal: AbortSignal;
  /** End it by itself. */
  end: () => void;
  /** Hear no more of the other one. */
  release: () => void;
}

/** A signal that ends with `other`, and for causes of its own. */
export function endingWith(other: AbortSignal | undefined): Ending {
  const own = new AbortController();
  const follow = () => own.abort(other?.reason);
  if (other?.aborted) follow();
  other?.addEventListener("abort", follow, { once: true });
  return {
    signal: own.signal,
    end: () => own.abort(),
    release: () => other?.removeEventListener("abort", follow),
  };
}
