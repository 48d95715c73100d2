/** A table of any length: only the rows that can be seen are in the page. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface TableRow {
  cells: string[];
  problem?: string | undefined;
}

interface Props {
  label: string;
  columns: string[];
  count: number;
  row: (place: number) => TableRow;
}

const HEIGHT = 34; // of a row, as the style has it
const MARGIN = 8; // rows beyond each edge

export function LongTable({ label, columns, count, row }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 480 });
  useLayoutEffect(() => {
    const look = () => setSeen({ top: box.current?.scrollTop ?? 0, height: box.current?.clientHeight ?? 480 });
    look();
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  }, []);
  const from = Math.max(0, Math.min(Math.floor(seen.top / HEIGHT), count - 1) - MARGIN);
  const to = Math.min(count, Math.ceil((seen.top + seen.height) / HEIGHT) + MARGIN);
  const places = Array.from({ length: Math.max(0, to - from) }, (_, offset) => from + offset);
  return (
    <div
      ref={box}
      class="long-table"
      tabIndex={0}
      role="region"
      aria-label={label}
      onScroll={(event) => setSeen({ top: event.currentTarget.scrollTop, height: event.currentTarget.clientHeight })}
    >
      <table aria-rowcount={count + 1}>
        <thead>
          <tr>
            {columns.map((column, place) => (
              <th scope="col" key={place}>
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Space rows={from} columns={columns.length} />
          {places.map((place) => {
            const { cells, problem } = row(place);
            return (
              <tr key={place} aria-rowindex={place + 2} class={problem ? "wrong" : undefined}>
                {cells.map((cell, column) => (
                  <td key={column} title={cell}>
                    {cell}
                  </td>
                ))}
              </tr>
            );
          })}
          <Space rows={count - to} columns={columns.length} />
        </tbody>
      </table>
    </div>
  );
}

function Space({ rows, columns }: { rows: number; columns: number }) {
  if (rows <= 0) return null;
  return (
    <tr aria-hidden="true" style={{ height: `${rows * HEIGHT}px` }}>
      <td colSpan={columns} />
    </tr>
  );
}
