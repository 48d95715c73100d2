/** Many answers: a picture, a table, and all of them as a file; beside what was asked, where that is known. */
import { useMemo, useState } from "preact/hooks";
import { failed, type Row } from "../service/types";
import { Chart } from "./chart";
import { download, toCsv } from "./csv";
import { LongTable } from "./table";
import { counted, likelihood, outcome, percent } from "./value";

interface Props {
  rows: (Row | undefined)[];
  units: unknown;
  asked?: { header: string[]; cells: string[][]; problems: Map<number, string> };
  name?: string;
}

export function ManyRows({ rows, units, asked, name = "predictions" }: Props) {
  const [onlyWrong, setOnlyWrong] = useState(false);
  const problem = (place: number): string | undefined => {
    const row = rows[place];
    return asked?.problems.get(place) ?? (failed(row) ? row.error.message : undefined);
  };
  const wrong = useMemo(
    () => rows.flatMap((row, place) => (failed(row) || asked?.problems.has(place) ? [place] : [])),
    [rows, asked],
  );
  const chart = useMemo(() => <Chart rows={rows} units={units} />, [rows, units]);
  const places = onlyWrong && wrong.length ? wrong : null;
  const answer = (row: Row | undefined): string[] => {
    if (row === undefined || failed(row)) return ["", ""];
    const likely = likelihood(row);
    return [outcome(row), likely === undefined ? "" : percent(likely)];
  };
  return (
    <>
      {chart}
      {wrong.length > 0 && (
        <p>
          {wrong.length.toLocaleString("en")} of {counted(rows.length, "row")} without a prediction.{" "}
          <label class="inline">
            <input
              type="checkbox"
              checked={onlyWrong}
              onChange={(event) => setOnlyWrong(event.currentTarget.checked)}
            />{" "}
            Show only these
          </label>
        </p>
      )}
      <LongTable
        label="Rows and their predictions"
        columns={[
          asked ? "Row" : "Answer",
          "Prediction",
          "Likely",
          ...(wrong.length ? ["Problem"] : []),
          ...(asked?.header ?? []),
        ]}
        count={places?.length ?? rows.length}
        row={(line) => {
          const place = places?.[line] ?? line;
          const said = problem(place);
          const cells = [String(place + 1), ...answer(rows[place]), ...(wrong.length ? [said ?? ""] : [])];
          return { cells: [...cells, ...(asked?.cells[place] ?? [])], problem: said };
        }}
      />
      <p class="actions">
        <button type="button" onClick={() => download(`${name}.csv`, toCsv(rows, asked))}>
          Download as CSV
        </button>
      </p>
    </>
  );
}
