/** A file on its way through the service: how far it is, what stopped it, and what came back. */
import { useEffect, useReducer } from "preact/hooks";
import { ManyRows } from "../answer/many";
import { counted } from "../answer/value";
import { KeyField } from "../page/key";
import { toResult } from "../page/route";
import { useSite } from "../page/site";
import { Elapsed, TroubleNote } from "../page/trouble";
import type { Job } from "./job";

export function Running({ job }: { job: Job }) {
  const { service } = useSite();
  const [, draw] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    draw(undefined); // it may have changed since it was first drawn
    return job.watch(() => draw(undefined));
  }, [job]);
  const { finished, stopped, work, read, total } = job;

  return (
    <>
      {!finished && <Underway job={job} />}
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
          name={`${job.name.replace(/\.\w+$/, "")}-predictions`}
        />
      )}
    </>
  );
}

function Underway({ job }: { job: Job }) {
  const { progress, total, stopped } = job;
  return (
    <section aria-label="Progress">
      <h2>
        {progress.answered.toLocaleString("en")} of {counted(total, "row")} answered
      </h2>
      <progress value={progress.answered} max={total} aria-label="Rows answered" />
      {stopped === null ? (
        <>
          <p>
            <Elapsed since={job.began} /> so far, {counted(progress.sent, "row")} accepted. Keep this page open: you may
            look at its other parts meanwhile.
          </p>
          <TroubleNote trouble={job.trouble} />
          <p class="actions">
            <button type="button" class="quiet" onClick={() => job.stop()}>
              Stop
            </button>
          </p>
        </>
      ) : (
        <>
          <p class="failure" role="alert">
            {stopped} What was answered is kept.
          </p>
          <KeyField wanted={job.keyWanted} />
          <p class="actions">
            <button type="button" onClick={() => void job.run()}>
              Go on
            </button>
          </p>
        </>
      )}
    </section>
  );
}
