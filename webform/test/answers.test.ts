/** What is shown of answers, written of them, and kept. */
import { expect, test } from "vitest";
import { bins } from "../src/answer/bins";
import { toCsv } from "../src/answer/csv";
import { brief, percent, shown } from "../src/answer/value";
import { parse } from "../src/page/route";
import { History } from "../src/service/kept";

test("a histogram has round edges, and counts everything once", () => {
  const numbers = Array.from({ length: 1000 }, (_, place) => place / 10);
  const { edges, counts } = bins(numbers);
  expect(edges.slice(0, 3)).toEqual([0, 5, 10]);
  expect(counts.reduce((sum, count) => sum + count)).toBe(1000);
  for (const odd of [[5], [0, 0], [-1e9, 1e9], [1e-9, 2e-9], [0.1, 0.2, 0.3]]) {
    expect(bins(odd).counts.reduce((sum, count) => sum + count)).toBe(odd.length);
    expect(bins(odd).edges.length).toBe(bins(odd).counts.length + 1);
  }
});

test("the CSV has what was asked, the answers and what went wrong", () => {
  const asked = { header: ["id", "x"], cells: [["a", "1"], ["b"], ["c", "3"]], problems: new Map([[1, "too short"]]) };
  const rows = [
    { prediction: "yes", probabilities: { yes: 0.75, no: 0.25 } },
    undefined,
    { error: { code: "bad", message: 'not, "this"' } },
  ];
  expect(toCsv(rows, asked).split("\r\n")).toEqual([
    "id,x,prediction,probability.yes,probability.no,error",
    "a,1,yes,0.75,0.25,",
    "b,,,,,too short",
    'c,3,,,,"not, ""this"""',
  ]);
  expect(toCsv([{ prediction: [1, 2] }]).split("\r\n")).toEqual(["prediction.0,prediction.1,error", "1,2,"]);
});

test("values are written as people read them", () => {
  expect([1234.5678, 12345, true, null, ["a", 1]].map((value) => shown(value as any))).toEqual([
    "1,234.57",
    "12,345",
    "yes",
    "no value",
    "a, 1",
  ]);
  expect([0.981, 0.0000001, 0, null].map(percent)).toEqual(["98.1 %", "< 0.1 %", "0 %", "no value"]);
  expect(brief({ a: 1, b: null, c: "x".repeat(80) }).length).toBe(60);
});

test("addresses behind the # lead to pages, and strange ones home", () => {
  expect(parse("#/predict")).toEqual({ page: "predict" });
  expect(parse("#/result/abc-1,def_2")).toEqual({ page: "result", ids: ["abc-1", "def_2"] });
  for (const strange of ["", "#", "#/result/", "#/result/<b>", "#/nothing"])
    expect(parse(strange)).toEqual({ page: "home" });
});

test("the last twenty are kept, and a full or forbidden storage is no error", () => {
  const kept = new Map<string, string>();
  let room = Number.POSITIVE_INFINITY;
  const store = {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => {
      if (text.length > room) throw new Error("QuotaExceededError");
      kept.set(name, text);
    },
  } as unknown as Storage;
  const history = new History("https://api.test", store);
  for (let n = 0; n < 25; n += 1) history.add({ ids: [`id-${n}`], at: "2026-01-01", asked: `${n}` });
  expect(history.all().map(({ ids }) => ids[0])).toEqual(Array.from({ length: 20 }, (_, n) => `id-${24 - n}`));
  history.answered(["id-24"], "setosa");
  expect(history.find(["id-24"])?.answer).toBe("setosa");
  room = 700;
  history.add({ ids: ["new"], at: "2026-01-01", asked: "new" });
  expect(history.all()[0]?.ids).toEqual(["new"]);
  expect(history.all().length).toBeLessThan(20);
  history.forget();
  expect(history.all()).toEqual([]);
  expect(new History("x", null).all()).toEqual([]);
});
