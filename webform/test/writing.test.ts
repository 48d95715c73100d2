/** Bars, values and files of many answers. */
import Papa from "papaparse";
import { expect, test } from "vitest";
import { bins } from "../src/answer/bins";
import { toCsv } from "../src/answer/csv";
import { brief, counted, isNumber, outcome, percent, shown, unitsOf } from "../src/answer/value";
import type { Json } from "../src/service/types";

test("a number on an edge is in the bar that begins there", () => {
  const { edges, counts } = bins(Array.from({ length: 21 }, (_, n) => n / 10));
  expect(edges.slice(0, 4)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(counts).toEqual(Array(21).fill(1));
});

test.each([
  ["tenths", [0.3, 0.6, 0.7, 1.1, 2.3]],
  ["below zero", [-5, -2.5, 0]],
  ["one of a kind", [7, 7, 7]],
  ["nothing but zero", [0]],
  ["far from zero", [1_700_000_000, 1_700_000_001]],
  ["tiny", [1e-12, 3e-12]],
  ["huge", [-1e300, 1e300]],
  ["a far one", [...Array(50).fill(1), 1e6]],
])("bars of %s", (_, numbers) => {
  const { edges, counts } = bins(numbers);
  expect(edges.length).toBe(counts.length + 1);
  expect(counts.length).toBeLessThan(30);
  expect(counts.reduce((sum, count) => sum + count)).toBe(numbers.length);
  for (const [place, count] of counts.entries()) {
    const [from = 0, to = 0] = edges.slice(place);
    expect(from).toBeLessThan(to);
    expect(numbers.filter((number) => number >= from && number < to).length).toBe(count);
  }
});

test("two hundred thousand answers are no trouble for the bars, and none for the file", () => {
  const many = Array.from({ length: 200_000 }, (_, n) => n);
  expect(bins(many).counts.reduce((sum, count) => sum + count)).toBe(many.length);
  const text = toCsv(many.map((prediction) => ({ prediction })));
  expect(text.startsWith("prediction,error\r\n0,\r\n1,\r\n")).toBe(true);
  expect(text.endsWith("\r\n199999,")).toBe(true);
});

test.each<[Json | undefined, string]>([
  [0, "0"],
  [-0.5, "-0.5"],
  [1e6, "1,000,000"],
  [0.000012345678, "0.0000123457"],
  [false, "no"],
  ["", ""],
  [undefined, "no value"],
  [[1, null, true], "1, no value, yes"],
  [{ a: 1 }, '{"a":1}'],
])("%j is shown as %j", (value, text) => {
  expect(shown(value)).toBe(text);
});

test("a share is never shown as none that is some", () => {
  expect([1, 0.5, 0.12345, 0.001, 0.00099, 0].map(percent)).toEqual([
    "100 %",
    "50 %",
    "12.3 %",
    "0.1 %",
    "< 0.1 %",
    "0 %",
  ]);
});

test("rows are counted, and their outcomes told in words", () => {
  expect([0, 1, 2000].map((count) => counted(count, "row"))).toEqual(["0 rows", "1 row", "2,000 rows"]);
  expect(outcome(undefined)).toBe("");
  expect(outcome({ prediction: [1, 2] })).toBe("1, 2");
  expect(outcome({ error: { code: "c", message: "Broken." } })).toBe("failed: Broken.");
});

test("a record in brief leaves out what is empty", () => {
  expect(brief({ a: 5.1, b: null, c: "", d: "red", e: false })).toBe("5.1, red, no");
  expect(brief({ a: null })).toBe("an empty record");
  expect(brief({ a: "x".repeat(60) })).toBe("x".repeat(60));
  expect(brief({ a: "x".repeat(61) })).toBe(`${"x".repeat(59)}…`);
});

test("units are one text, or one for each output", () => {
  expect(unitsOf("cm", 3)).toBe("cm");
  expect(unitsOf(["cm", null, ""], 0)).toBe("cm");
  for (const [units, place] of [
    [["cm", null], 1],
    [["cm"], 4],
    ["", 0],
    [null, 0],
    [undefined, 0],
    [{}, 0],
  ] as const)
    expect(unitsOf(units, place)).toBeNull();
});

test("only what can be drawn is a number", () => {
  expect([1, 0, -1.5, Number.NaN, Number.POSITIVE_INFINITY, "1", null, true].map(isNumber)).toEqual([
    true,
    true,
    true,
    ...Array(5).fill(false),
  ]);
});

test("a file of answers reads back as it was, whatever its cells hold", () => {
  const cells = [
    ["a,b", 'say "hi"'],
    ["two\nlines", " blanks "],
    ["ü", ""],
  ];
  const rows = [{ prediction: "x, y" }, { prediction: null }, { error: { code: "c", message: "no; never" } }];
  const { data } = Papa.parse(toCsv(rows, { header: ["p q", "r"], cells, problems: new Map() }));
  expect(data).toEqual([
    ["p q", "r", "prediction", "error"],
    ["a,b", 'say "hi"', "x, y", ""],
    ["two\nlines", " blanks ", "", ""],
    ["ü", "", "", "no; never"],
  ]);
});

test("several outputs have a column each, and so have their labels' shares", () => {
  const rows = [
    { prediction: ["a", 1], probabilities: [{ a: 0.9, b: 0.1 }, { "1": 1 }] },
    { prediction: ["b", 0], probabilities: [{ a: null, c: 0.5 }, { "0": 1 }] },
    { error: { code: "c", message: "Broken." } },
  ];
  expect(toCsv(rows).split("\r\n")).toEqual([
    "prediction.0,prediction.1,probability.0.a,probability.0.b,probability.1.1,probability.0.c,probability.1.0,error",
    "a,1,0.9,0.1,1,,,",
    "b,0,,,,0.5,1,",
    ",,,,,,,Broken.",
  ]);
});

test("numbers are written in full, and what is neither text nor number as JSON", () => {
  const rows = [{ prediction: 1234567.891234 }, { prediction: { a: 1 } }, { prediction: true }];
  expect(toCsv(rows).split("\r\n")).toEqual(["prediction,error", "1234567.891234,", '"{""a"":1}",', "true,"]);
});
