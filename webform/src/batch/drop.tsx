/** The place for a file: drop it there, or choose it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { JsonSchema } from "../service/types";

interface Props {
  schema: JsonSchema;
  onFile: (file: File) => void;
  name: string | undefined;
}

export function Drop({ schema, onFile, name }: Props) {
  const [over, setOver] = useState(false);
  const taken = useRef(onFile);
  taken.current = onFile;
  const needed = Object.keys(schema.properties ?? {}).filter((field) => schema.required?.includes(field));
  // The whole page takes a file: one that misses the box would be opened by the browser, and the page be gone
  useEffect(() => {
    const ended = new AbortController();
    const on = (kind: string, act: (event: DragEvent) => void) =>
      addEventListener(kind, (event) => act(event as DragEvent), { signal: ended.signal });
    on("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      setOver(true);
    });
    on("dragleave", (event) => event.relatedTarget || setOver(false));
    on("drop", (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      setOver(false);
      taken.current(file);
    });
    return () => ended.abort();
  }, []);
  return (
    <div class={`drop${over ? " over" : ""}`}>
      <p>
        <label for="file">
          {name ? <>Another file in place of {name}</> : <>A CSV file, whose first row names the columns</>}
        </label>
      </p>
      <input
        id="file"
        type="file"
        accept=".csv,.tsv,.txt,text/csv"
        aria-describedby="file-help"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onFile(file);
          event.currentTarget.value = ""; // the same file, mended, may be chosen again
        }}
      />
      <p class="help" id="file-help">
        {hint(needed)}
      </p>
    </div>
  );
}

function hint(needed: string[]): string {
  const columns = needed.map((field) => `“${field}”`).join(", ") || "no column by name";
  return `Choose it, or drop it here. It needs ${columns}; nothing is sent before you have seen what was found.`;
}
