/** Many records from a file: read, checked, sent in slices, answered beside their rows. */
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { LongTable } from "../answer/table";
import { counted } from "../answer/value";
import { Drop } from "../batch/drop";
import { Job } from "../batch/job";
import { type ReadFile, readFile } from "../batch/read";
import { Running } from "../batch/running";
import { KeyField } from "../page/key";
import { useSite } from "../page/site";
import { dress } from "../schema/dress";
import { flatten } from "../schema/flatten";

/** What lies here is found again by whoever comes back from another route. */
const kept: { file: File | null; schema: string; read: ReadFile | null; job: Job | null } = {
  file: null,
  schema: "",
  read: null,
  job: null,
};

export function Batch() {
  const { service, api, history } = useSite();
  const { schema } = useMemo(() => dress(flatten(service.schema), service.form), [service]);
  const [file, setFile] = useState(kept.file);
  const [reading, setReading] = useState<{ done: number; of: number } | null>(null);
  const [read, setRead] = useState(kept.read);
  const [failure, setFailure] = useState<string | null>(null);
  const [job, setJob] = useState(kept.job);
  const reader = useRef<AbortController | null>(null);

  const take = (chosen: File) => {
    reader.current?.abort();
    kept.job?.stop();
    Object.assign(kept, { file: chosen, schema: JSON.stringify(service.schema), read: null, job: null });
    const controller = new AbortController();
    const { signal } = controller;
    reader.current = controller;
    setFile(chosen);
    setRead(null);
    setJob(null);
    setFailure(null);
    setReading({ done: 0, of: 0 });
    readFile(chosen, schema, (done, of) => setReading({ done, of }), signal)
      .then(
        (found) => {
          if (signal.aborted) return;
          kept.read = found;
          setRead(found);
        },
        (error: Error) => signal.aborted || setFailure(error.message),
      )
      .finally(() => signal.aborted || setReading(null));
  };
  useEffect(() => {
    const stale = !kept.read || kept.schema !== JSON.stringify(service.schema);
    if (kept.file && !kept.job && stale) take(kept.file); // checked by what the service asks for now
  }, [service]);
  useEffect(() => () => reader.current?.abort(), []);
  const send = (found: ReadFile, name: string) => {
    kept.job = new Job(api, service.limits, history, found, name);
    setJob(kept.job);
    void kept.job.run();
  };

  return (
    <>
      <h1>Ask with a file</h1>
      <Drop schema={schema} onFile={take} name={file?.name} />
      {reading && (
        <p role="status">
          Checking {file?.name}: {counted(reading.done, "row")}{" "}
          <progress value={reading.done} max={reading.of || 1} aria-label="Rows checked" />
        </p>
      )}
      {failure && (
        <p class="failure" role="alert">
          {failure}
        </p>
      )}
      {read && file && !job && <Checked read={read} onSend={() => send(read, file.name)} />}
      {job && <Running key={job.began} job={job} />}
    </>
  );
}

/** What was found in the file, before anything is sent. */
function Checked({ read, onSend }: { read: ReadFile; onSend: () => void }) {
  const { matched, cells, problems, header, encoding } = read;
  const good = cells.length - problems.size;
  const blocked = matched.missing.length > 0 || matched.twice.length > 0;
  return (
    <>
      <section class="found" aria-label="What is in the file">
        <h2>
          {counted(cells.length, "row")}, {counted(header.length - matched.unknown.length, "column")} that match
        </h2>
        {encoding && <p class="notice">The file is not UTF-8, and was read as {encoding}.</p>}
        <ul class="columns">
          {header.map((column, place) => {
            const field = matched.fields[place];
            return (
              <li key={place} class={field ? "match" : "other"}>
                {column || "(no name)"} {field ? (field === column ? "✓" : `→ ${field}`) : "is not sent"}
              </li>
            );
          })}
        </ul>
        {matched.missing.length > 0 && (
          <p class="failure" role="alert">
            These columns are missing: {matched.missing.join(", ")}. Add them to the file, and drop it again.
          </p>
        )}
        {matched.twice.length > 0 && (
          <p class="failure" role="alert">
            Two columns would be {matched.twice.join(", ")}: take one of them out.
          </p>
        )}
        {!blocked && (
          <>
            {problems.size > 0 && (
              <p class="notice" role="status">
                {counted(problems.size, "row")} with something wrong: they stay behind, and the table says why.
              </p>
            )}
            <KeyField />
            <p class="actions">
              <button type="button" disabled={good === 0} onClick={onSend}>
                Predict {counted(good, "row")}
              </button>
            </p>
          </>
        )}
      </section>
      {!blocked && (
        <LongTable
          label="Rows of the file"
          columns={["Row", ...(problems.size ? ["Problem"] : []), ...header]}
          count={cells.length}
          row={(place) => {
            const problem = problems.get(place);
            const told = problems.size ? [problem ?? ""] : [];
            return { cells: [String(place + 1), ...told, ...(cells[place] ?? [])], problem };
          }}
        />
      )}
    </>
  );
}
