/** The place for a file: drop it there, or choose it. */
import { useRef, useState } from "preact/hooks";
import type { JsonSchema } from "../service/types";

interface Props {
  schema: JsonSchema;
  onFile: (file: File) => void;
  name: string | undefined;
}

export function Drop({ schema, onFile, name }: Props) {
  const [over, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const needed = Object.keys(schema.properties ?? {}).filter((field) => schema.required?.includes(field));
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way; the button inside is the other
    <div
      class={`drop${over ? " over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) onFile(file);
      }}
    >
      <p>
        <label for="file">
          {name ? <>Another file in place of {name}</> : <>A CSV file, whose first row names the columns</>}
        </label>
      </p>
      <input
        id="file"
        ref={input}
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
