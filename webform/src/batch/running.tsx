/** A file on its way through the service: how far it is, what stopped it, and what came back. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ManyRows } from "../answer/many";
import { counted } from "../answer/value";
import { KeyField } from "../page/key";
import { toResult } from "../page/route";
import { useSite } from "../page/site";
import { Elapsed, TroubleNote } from "../page/trouble";
import { Refused, type Trouble } from "../service/predict";
import type { ReadFile } from "./read";
import { type Progress, Work } from "./slices";

export function Running({ read, name }: { read: ReadFile; name: string }) {
  const { service, api, history } = useSite();
  const total = read.cells.length - read.problems.size;
  const [work] = useState(() => new Work(api, read.records, service.limits));
  const [progress, setProgress] = useState<Progress>({ sent: 0, answered: 0 });
  const [trouble, setTrouble] = useState<Trouble | null>(null);
  const [stopped, setStopped] = useState<string | null>(null);
  const [keyWanted, setKeyWanted] = useState(false);
  const [began] = useState(Date.now);
  const [finished, setFinished] = useState(false);
  const running = useRef<AbortController | null>(null);

  const run = async () => {
    const controller = new AbortController();
    running.current = controller;
    setStopped(null);
    try {
      await work.run({ signal: controller.signal, onProgress: setProgress, onTrouble: setTrouble });
      setFinished(true);
      if (work.ids.length) {
        const answer = counted(total, "row");
        history.add({ ids: work.ids, at: new Date().toISOString(), asked: name, answer });
      }
    } catch (error) {
      setKeyWanted(error instanceof Refused && error.status === 401);
      setStopped(controller.signal.aborted ? "You stopped it." : (error as Error).message);
    }
    setTrouble(null);
  };
  // It begins once, and again by its button
  useEffect(() => {
    void run();
    return () => running.current?.abort();
  }, []);

  return (
    <>
      {!finished && (
        <section aria-label="Progress">
          <h2>
            {progress.answered.toLocaleString("en")} of {counted(total, "row")} answered
          </h2>
          <progress value={progress.answered} max={total} aria-label="Rows answered" />
          {stopped === null ? (
            <>
              <p>
                <Elapsed since={began} /> so far, {counted(progress.sent, "row")} accepted.
              </p>
              <TroubleNote trouble={trouble} />
              <p class="actions">
                <button type="button" class="quiet" onClick={() => running.current?.abort()}>
                  Stop
                </button>
              </p>
            </>
          ) : (
            <>
              <p class="failure" role="alert">
                {stopped} What was answered is kept.
              </p>
              <KeyField wanted={keyWanted} />
              <p class="actions">
                <button type="button" onClick={() => void run()}>
                  Go on
                </button>
              </p>
            </>
          )}
        </section>
      )}
      {finished && (
        <p role="status">
          {counted(total, "row")} answered.{" "}
          {work.ids.length > 0 && <a href={toResult(work.ids)}>The link to these predictions</a>}
        </p>
      )}
      {(finished || stopped !== null) && (
        <ManyRows
          rows={work.answers}
          units={service.units}
          asked={read}
          name={`${name.replace(/\.\w+$/, "")}-predictions`}
        />
      )}
    </>
  );
}
