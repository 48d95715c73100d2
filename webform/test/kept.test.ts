/** What the browser keeps, and what it does where a browser keeps nothing. */
import { expect, test } from "vitest";
import { parse, toResult } from "../src/page/route";
import { History, SessionKey } from "../src/service/kept";

/** A Storage in memory, with room for so many characters in all; without any it is a forbidden one. */
function storage(room = Number.POSITIVE_INFINITY): Storage {
  const kept = new Map<string, string>();
  const allowed = () => {
    if (room === 0) throw new DOMException("Not allowed", "SecurityError");
  };
  return {
    getItem: (name: string) => {
      allowed();
      return kept.get(name) ?? null;
    },
    setItem: (name: string, text: string) => {
      allowed();
      if (text.length > room) throw new DOMException("Full", "QuotaExceededError");
      kept.set(name, text);
    },
    removeItem: (name: string) => {
      allowed();
      kept.delete(name);
    },
  } as unknown as Storage;
}

const entry = (...ids: string[]) => ({ ids, at: "2026-01-01T00:00:00Z", asked: ids.join() });
const names = (history: History) => history.all().map(({ ids }) => ids.join());

test("the newest stands first, and what comes again moves there", () => {
  const history = new History("a", storage());
  for (const name of ["1", "2", "3", "1"]) history.add(entry(name));
  expect(names(history)).toEqual(["1", "3", "2"]);
});

test("the twenty-first pushes the oldest out", () => {
  const history = new History("a", storage());
  for (let n = 1; n <= 21; n += 1) history.add(entry(`${n}`));
  expect(history.all().length).toBe(20);
  expect(history.find(["1"])).toBeUndefined();
  expect(history.find(["2"])).toBeDefined();
});

test("one is forgotten, or all are", () => {
  const history = new History("a", storage());
  for (const name of ["1", "2"]) history.add(entry(name));
  history.forget(["1"]);
  expect(names(history)).toEqual(["2"]);
  history.forget();
  expect(names(history)).toEqual([]);
});

test("the slices of a file are one entry", () => {
  const history = new History("a", storage());
  history.add(entry("1", "2"));
  history.answered(["1"], "no");
  expect(history.find(["1", "2"])?.answer).toBeUndefined();
  history.answered(["1", "2"], "2 answers");
  expect(history.find(["1", "2"])?.answer).toBe("2 answers");
});

test("services do not see each other's", () => {
  const store = storage();
  new History("a", store).add(entry("1"));
  expect(names(new History("b", store))).toEqual([]);
  expect(names(new History("a", store))).toEqual(["1"]);
});

test("where there is little room the newest are kept, and where there is none nothing is", () => {
  const little = new History("a", storage(200));
  for (let n = 1; n <= 5; n += 1) little.add(entry(`${n}`));
  expect(names(little)[0]).toBe("5");
  expect(names(little).length).toBeLessThan(5);
  for (const store of [storage(1), storage(0), null]) {
    const none = new History("a", store);
    none.add(entry("1"));
    none.answered(["1"], "x");
    none.forget();
    expect(names(none)).toEqual([]);
  }
});

test.each(["not JSON", "{}", "null", '"text"'])("%s in its place is no history", (text) => {
  const store = storage();
  store.setItem("predictions a", text);
  const history = new History("a", store);
  expect(names(history)).toEqual([]);
  history.add(entry("1"));
  expect(names(history)).toEqual(["1"]);
});

test("a key is kept for its service, and goes when it is emptied", () => {
  const store = storage();
  new SessionKey("a", store).set("secret");
  expect(new SessionKey("a", store).get()).toBe("secret");
  expect(new SessionKey("b", store).get()).toBeNull();
  const key = new SessionKey("a", store);
  key.set("");
  expect(key.get()).toBeNull();
  expect(new SessionKey("a", store).get()).toBeNull();
});

test("where no key can be kept it lasts as long as the page", () => {
  for (const store of [storage(1), storage(0), null]) {
    const key = new SessionKey("a", store);
    expect(key.get()).toBeNull();
    key.set("secret");
    expect(key.get()).toBe("secret");
    key.set("");
    expect(key.get()).toBeNull();
  }
});

test("an address leads back to the predictions that it was made of", () => {
  for (const ids of [["a-1"], ["a-1", "b_2", "3"]]) expect(parse(toResult(ids))).toEqual({ page: "result", ids });
});

test.each([
  ["#predict", { page: "predict" }],
  ["#/batch", { page: "batch" }],
  ["#/batch/more", { page: "batch" }],
  ["#/result/ok,<b>,../x", { page: "result", ids: ["ok"] }],
  ["#/result", { page: "home" }],
  ["#/RESULT/a", { page: "home" }],
  ["#//predict", { page: "home" }],
])("the address %s", (hash, route) => {
  expect(parse(hash)).toEqual(route);
});
