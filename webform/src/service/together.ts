/** Predictions that belong together, such as the slices of a file: followed a few at a time. */
import { endingWith } from "./ending";
import type { Api } from "./http";
import { type Following, follow, Refused } from "./predict";
import type { Prediction } from "./types";

const LANES = 4;

/** In the order of the ids. One of several that is gone is a failure of its own; raises Refused when all are, else as `follow`. */
export async function followAll(api: Api, ids: string[], following: Following): Promise<Prediction[]> {
  const found: Prediction[] = [];
  const refusals: Refused[] = [];
  const waiting = ids.entries();
  const { signal, end, release } = endingWith(following.signal);
  const lane = async () => {
    for (const [place, id] of waiting) {
      try {
        found[place] = await follow(api, id, { ...following, signal });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refusals.push(error);
        found[place] = missing(id, error.message);
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(LANES, ids.length) }, lane));
  } finally {
    end(); // whoever still waits when another lane has failed
    release();
  }
  const [first] = refusals;
  if (first && refusals.length === ids.length) throw first;
  return found;
}

function missing(id: string, message: string): Prediction {
  return { prediction_id: id, status: "failed", error: { code: "gone", message }, accepted_at: "", expires_at: "" };
}
