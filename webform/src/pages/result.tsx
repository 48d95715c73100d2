/** A prediction: waited for, shown, cancelled, erased. The address is all that is needed to come back to it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { AnswerView } from "../answer/answer";
import { Facts } from "../answer/facts";
import { ManyRows } from "../answer/many";
import { outcome } from "../answer/value";
import { KeyField } from "../page/key";
import { useSite } from "../page/site";
import { Elapsed, TroubleNote } from "../page/trouble";
import { incoming } from "../schema/dress";
import { erase, Refused, type Trouble } from "../service/predict";
import { followAll } from "../service/together";
import { failed, type Prediction, type Row } from "../service/types";
import { draft } from "./draft";

export function Result({ ids }: { ids: string[] }) {
  const { service, api, history } = useSite();
  const [found, setFound] = useState<Prediction[] | null>(null);
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [refusal, setRefusal] = useState<Error | null>(null);
  const [erased, setErased] = useState(false);
  const [removing, setRemoving] = useState(false);
  const removed = useRef(false);
  const [turn, setTurn] = useState(0);
  const [entry] = useState(() => history.find(ids));
  const [began] = useState(() => (entry ? Date.parse(entry.at) : Date.now()));

  // The page is made anew for other ids; `turn` asks again
  useEffect(() => {
    const ended = new AbortController();
    const wait = Math.floor(service.limits.wait_limit);
    setFailure(null);
    followAll(api, ids, { signal: ended.signal, wait, onTrouble: setTrouble }).then(
      (predictions) => {
        setFound(predictions);
        if (removed.current && predictions.some(({ status }) => status !== "cancelled")) forgotten();
        else history.answered(ids, inWords(predictions));
      },
      (error: Error) => {
        if (ended.signal.aborted) return;
        if (removed.current && error instanceof Refused && error.status === 410) forgotten();
        else setFailure(error.message);
      },
    );
    return () => ended.abort();
  }, [turn]);

  const forgotten = () => {
    setErased(true);
    history.forget(ids);
  };

  /** What is pending is called off, which the waiting hears of; what is finished is erased, be it in the same moment. */
  const remove = async () => {
    setRefusal(null);
    setRemoving(true);
    try {
      for (const id of ids) await erase(api, id, { onTrouble: setTrouble });
      removed.current = true;
      if (found) forgotten();
    } catch (error) {
      setRefusal(error as Error);
    }
    setTrouble(null);
    setRemoving(false);
  };

  const said = erased ? "Erased." : failure || !found ? "" : `The prediction is there: ${inWords(found)}.`;
  return (
    <>
      <p class="unseen" role="status">
        {said}
      </p>
      {erased ? (
        <>
          <h1>Erased</h1>
          <p>The prediction and what it was made of are gone from the service.</p>
        </>
      ) : failure ? (
        <NoPrediction message={failure} onAgain={() => setTurn(turn + 1)} />
      ) : !found ? (
        <>
          <h1>The model is at work</h1>
          <p class="waiting" role="status">
            <span class="spinner" aria-hidden="true" /> Waiting for the prediction
          </p>
          <p>
            <Elapsed since={began} />. You can leave this page: its address leads back here.
          </p>
          <TroubleNote trouble={trouble} />
          {refusal && <Refusal error={refusal} />}
          <p class="actions">
            <button type="button" class="quiet" disabled={removing} onClick={() => void remove()}>
              Cancel
            </button>
          </p>
        </>
      ) : (
        <>
          <Shown predictions={found} units={service.units} />
          <Facts predictions={found} asked={entry?.asked} />
          <TroubleNote trouble={trouble} />
          {refusal && <Refusal error={refusal} />}
          <p class="actions">
            <a
              class="button"
              href="#/predict"
              onClick={() => entry?.record && draft.set(service.schema, incoming(entry.record))}
            >
              {entry?.record ? "Change the values" : "Ask the model"}
            </a>
            <CopyLink />
            {found.every(({ status }) => status !== "cancelled") && (
              <button type="button" class="quiet" disabled={removing} onClick={() => void remove()}>
                Erase it
              </button>
            )}
          </p>
        </>
      )}
    </>
  );
}

function Refusal({ error }: { error: Error }) {
  return (
    <>
      <p class="failure" role="alert">
        {error.message}
      </p>
      {error instanceof Refused && error.status === 401 && <KeyField wanted />}
    </>
  );
}

function NoPrediction({ message, onAgain }: { message: string; onAgain: () => void }) {
  return (
    <>
      <h1>No prediction</h1>
      <p class="failure" role="alert">
        {message}
      </p>
      <p class="actions">
        <button type="button" onClick={onAgain}>
          Ask again
        </button>
        <a class="button quiet" href="#/predict">
          To the form
        </a>
      </p>
    </>
  );
}

function Shown({ predictions, units }: { predictions: Prediction[]; units: unknown }) {
  if (predictions.every(({ status }) => status === "cancelled"))
    return (
      <>
        <h1>Cancelled</h1>
        <p>Somebody called this prediction off before the model had answered.</p>
      </>
    );
  const [first] = predictions;
  if (predictions.length === 1 && first?.error) return <Failed message={first.error.message} code={first.error.code} />;
  if (predictions.length === 1 && first && !Array.isArray(first.result)) {
    const row = first.result as Row;
    if (failed(row)) return <Failed message={row.error.message} code={row.error.code} />;
    return (
      <>
        <h1>Prediction</h1>
        <AnswerView answer={row} units={units} />
      </>
    );
  }
  return (
    <>
      <h1>Predictions</h1>
      <p class="help">In the order in which they were asked. Rows that were refused are not among them.</p>
      <ManyRows rows={rowsOf(predictions)} units={units} />
    </>
  );
}

function Failed({ message, code }: { message: string; code: string }) {
  return (
    <>
      <h1>The model could not answer</h1>
      <p class="failure" role="alert">
        {message} <code>{code}</code>
      </p>
    </>
  );
}

/** A slice without results stands in one row: how many it had, nobody knows any more. */
function rowsOf(predictions: Prediction[]): Row[] {
  const part = predictions.length > 1 ? "All rows of one part: " : "";
  return predictions.flatMap(({ status, result, error }) => {
    if (error) return [{ error: { ...error, message: `${part}${error.message}` } }];
    if (status === "cancelled") return [{ error: { code: "cancelled", message: `${part}They were called off.` } }];
    return Array.isArray(result) ? result : result ? [result] : [];
  });
}

function inWords(predictions: Prediction[]): string {
  const [first] = predictions;
  if (predictions.length === 1 && first?.error) return `failed: ${first.error.message}`;
  if (predictions.every(({ status }) => status === "cancelled")) return "cancelled";
  const rows = rowsOf(predictions);
  return rows.length > 1 ? `${rows.length.toLocaleString("en")} answers` : outcome(rows[0]);
}

function CopyLink() {
  const [copied, setCopied] = useState(false);
  if (!navigator.clipboard) return null; // on plain http there is none
  return (
    <button
      type="button"
      class="quiet"
      onClick={() => navigator.clipboard.writeText(location.href).then(() => setCopied(true))}
    >
      <span role="status">{copied ? "Link copied" : "Copy the link"}</span>
    </button>
  );
}
